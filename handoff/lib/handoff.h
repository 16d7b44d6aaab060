/*
 * handoff.h - libhandoff: a server that baton hands over asks for its sockets, says that it is ready,
 * learns that it drains, and leaves descriptors for the one that comes after it.
 *
 * Without baton (BATON_SOCKET is not set) every call succeeds and does nothing, and there are no
 * sockets: the same program then opens its own. docs/libhandoff.md has the words on the wire and an
 * example. Needs nothing but a C library; C99 and C++.
 *
 * Nothing here is static or global: a struct handoff may be used by one thread at a time, different
 * ones by different threads. handoff_receive() alone reads the environment (getenv(3)).
 */
#ifndef HANDOFF_H
#define HANDOFF_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HANDOFF_ADDRESS = 112, HANDOFF_NAME = 256 };

/* How the descriptors shall be; 0: blocking as they are, and closed by an exec. */
enum handoff_flag {
	HANDOFF_NONBLOCK = 1,		/* O_NONBLOCK; of a socket that all workers share, for all of them */
	HANDOFF_INHERIT = 2		/* an exec leaves them open */
};

struct handoff_slot {
	int fd;				/* yours: handoff_close() leaves it open */
	int stored;			/* 1: an earlier one left it; 0: a socket that listens */
	char name[HANDOFF_NAME];	/* as BATON_LISTEN calls it, or as it was stored */
	char address[HANDOFF_ADDRESS];	/* "0.0.0.0:8080", or a path; "" of what was stored */
};

struct handoff {
	int socket;			/* to baton; -1 without. For handoff_fd() */
	unsigned generation;		/* 0 without baton */
	int worker;			/* 0 and up */
	size_t count;
	struct handoff_slot *slots;	/* allocated; the sockets come first */
};

enum handoff_event {
	HANDOFF_NOTHING,		/* nothing (more) has happened */
	HANDOFF_SERVING,		/* this generation serves from now on */
	HANDOFF_DRAIN,			/* another one serves: finish what you have begun, nobody new comes */
	HANDOFF_STOP,			/* be gone: the stop signal is on its way to you too */
	HANDOFF_GONE			/* baton has let go of the connection */
};

/*
 * Ask for what is there for this worker; waits for the answer, at most five seconds. Fills *h, whatever
 * it held. How many slots, 0 without baton; -1 with errno, and then *h is as if there were no baton.
 */
int handoff_receive(struct handoff *h, int flags);

/* The descriptor of the first slot of this name (NULL: the first socket), or -1. */
int handoff_find(const struct handoff *h, const char *name);

/* "READY=1": this worker may serve. Of these, each: 0, or -1 with errno (EMSGSIZE: too long). */
int handoff_ready(const struct handoff *h);

/* One line about how it is, for `baton status`; NULL or "" takes the last one back. */
int handoff_status(const struct handoff *h, const char *text);

/* Anything else that sd_notify(3) has: "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=5000000". */
int handoff_say(const struct handoff *h, const char *lines);

/*
 * Leave fd for whoever comes next: a worker of a later generation, or the one that takes this one's
 * place when it ends. fd stays open here. name: 1 to 255 bytes without ':' and control characters,
 * else EINVAL. What hangs up is forgotten.
 */
int handoff_store(const struct handoff *h, int fd, const char *name);

/* Nobody shall get what is stored under this name any more. */
int handoff_forget(const struct handoff *h, const char *name);

/* To be polled for POLLIN: then there is an event. -1 without baton, which poll(2) passes over. */
int handoff_fd(const struct handoff *h);

/*
 * The next event, without waiting. *ms (or NULL) is with HANDOFF_DRAIN the time until the stop signal
 * comes at the latest. After HANDOFF_GONE, handoff_fd() is -1.
 */
enum handoff_event handoff_event(struct handoff *h, long *ms);

/* Forget the connection and the list; the slots' descriptors stay open. Harmless twice. */
void handoff_close(struct handoff *h);

#ifdef __cplusplus
}
#endif

#endif
