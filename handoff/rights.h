/* rights.h - who may connect to the file of a UNIX socket: its mode and its owner. */
#ifndef HANDOFF_RIGHTS_H
#define HANDOFF_RIGHTS_H

struct stat;

/* -1 in each: as bind(2) makes it. */
struct unix_rights {
	int mode;
	int uid, gid;
};

/* Those of a file. */
struct unix_rights rights_of(const struct stat *st);

/*
 * A socket of that name in the directory, which has `has`, is to have these. No link is followed. 0, or -1
 * with errno.
 */
int rights_give(int directory, const char *name, const struct stat *has, const struct unix_rights *r);

#endif
