/*
 * place.h - where the control socket is: for PID 1, which makes it, and for its clients.
 */
#ifndef INIT_PLACE_H
#define INIT_PLACE_H

#include <sys/socket.h>
#include <sys/un.h>

enum { PLACES = 5 };

struct place {
	struct sockaddr_un address;
	socklen_t length;
	char text[120];			/* for people: the path, or @name */
};

/*
 * Where the socket may be, best first: `configured` (BATON_CONTROL) alone if it is given, else
 * /run/baton, a directory of this user's in /tmp, the directory above `releases`, and at last an
 * abstract name that belongs to this PID namespace. Returns how many.
 */
int place_list(struct place places[PLACES], const char *configured, const char *releases);

/* Make the first that can be made. Its descriptor, or -1 after saying so: baton runs on without. */
int place_open(const char *configured, const char *releases, struct place *made);

#endif
