/*
 * control.h - the control socket: where it is, who may use it, and what is asked there.
 *
 * AF_UNIX SOCK_SEQPACKET, mode 0600; one struct message a packet. The peer's uid (SO_PEERCRED,
 * unix(7)) is root's or PID 1's own, and no builder has a socket to connect with.
 */
#ifndef INIT_CONTROL_H
#define INIT_CONTROL_H

#include <sys/socket.h>
#include <sys/un.h>

#include <stdint.h>

struct init;

enum { CONTROL_PLACES = 5 };

struct control_place {
	struct sockaddr_un address;
	socklen_t length;
	char text[120];			/* for people: the path, or @name */
};

/*
 * Where the socket may be, best first: `configured` (BATON_CONTROL) alone if it is given, else
 * /run/baton, a directory of this user's in /tmp, the directory above `releases`, and at last an
 * abstract name that belongs to this PID namespace. Returns how many.
 */
int control_places(struct control_place places[CONTROL_PLACES], const char *configured,
    const char *releases);

/* Make the first that can be made. Its descriptor, or -1 after saying so: baton runs on without. */
int control_open(const char *configured, const char *releases, struct control_place *made);

/* Somebody connects. */
void control_accept(struct init *init);

/* A client asks, or is gone. */
void control_client(struct init *init, int index);

/* Send to everyone who waits; fd may be -1. A client that does not read is closed. */
void control_step(struct init *init, const char *text, int fd);

/* What a client waits for may have come: called after each event. */
void control_settle(struct init *init);

/* The build `number` began, or ended; turn is the handoff that it led to, 0 for none. */
void control_build_began(struct init *init, int32_t number);
void control_build_ended(struct init *init, int32_t number, int code, uint32_t turn,
    const char *why);

#endif
