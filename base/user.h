/*
 * user.h - who a process is to be: found in files like /etc/passwd, then become.
 *
 * The files are read here and not by way of NSS, which a static program cannot load.
 */
#ifndef BASE_USER_H
#define BASE_USER_H

#include <sys/types.h>

#include <stddef.h>

enum { USER_GROUPS = 64, USER_NAME = 256, USER_HOME = 1024 };

struct user {
	uid_t uid;
	gid_t gid;
	int group_count;		/* at least 1: groups[0] is gid, as Docker and OCI have it */
	gid_t groups[USER_GROUPS];	/* no gid twice */
	char name[USER_NAME];		/* as in passwd; "" when the uid is not in it */
	char home[USER_HOME];		/* "/" when passwd names none, or a longer one */
};

/*
 * Find who text means: "name", "uid", "name:group", "uid:gid", "name:gid" or "uid:group". passwd
 * and group are paths, /etc/passwd and /etc/group but for tests. The rules are those of Docker's
 * USER:
 *  - digits are a number, never a name; a name must be in its file, a number need not be;
 *  - the first line that fits counts;
 *  - without a group, gid is passwd's, or 0 for a uid that is not in it; the supplementary groups
 *    are those of the group file that list the user's name;
 *  - with a group, that one is gid and the only group: the group file's lists are not used;
 *  - HOME is home if it is unset or empty in the environment; no other variable is touched.
 * Unlike Docker's, ids go up to 4294967294, and an empty user or group beside a colon is an error.
 *
 * A file that cannot be read is as an empty one where numbers do. Lines that are no entry are
 * passed over: comments, those of NIS, those without a valid number. More groups than fit are an
 * error. Returns 0, or -1 with one sentence in why and u untouched. Never allocates, never blocks
 * on what is no regular file.
 */
int user_find(struct user *u, const char *text, const char *passwd, const char *group, char *why,
    size_t size);

/*
 * Become u for good: groups, gid, uid; real, effective and saved. 0, or -1 with errno: the process
 * is then something in between and must not go on. EPERM too when uid 0 could be had again.
 *
 * A process that is u already, and may not set its groups (not root, or a user namespace that
 * denies it), keeps the groups it has: 0. For a u that is not uid 0 CAP_SETUID and CAP_SETGID are
 * no longer effective then; what exec(2) gives the next program is not changed by that.
 *
 * The kernel clears on a change of uid: the parent death signal, the ambient capabilities (see
 * capability.h), and dumpable until the next exec (/proc/self is root's until then).
 */
int user_become(const struct user *u);

#endif
