/*
 * upgrade.h - `baton upgrade`: PID 1 becomes another version of itself, and nobody notices.
 *
 * First a child rehearses: it executes the new binary with a copy of the state and all descriptors,
 * and the new one does all that it would do, but touches nothing and says whether it would come up.
 * So what hangs or crashes does so there. Only then PID 1 executes it, between two turns of its loop.
 * Sockets, keepers, helpers and clients are kept as they are, in the middle of a handoff too.
 */
#ifndef INIT_UPGRADE_H
#define INIT_UPGRADE_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/clock.h"
#include "base/inherited.h"
#include "base/message.h"
#include "base/role.h"

struct init;
struct client;

enum upgrade_phase { UPGRADE_NONE, UPGRADE_REHEARSING, UPGRADE_DUE };

enum { UPGRADE_PATH = 256, UPGRADE_VERSION = 20 };

struct upgrade {
	enum upgrade_phase phase;
	int binary;			/* of who is to be next; -1 */
	pid_t rehearsal;		/* 0: none runs */
	int channel;			/* to it; -1 */
	msec until;			/* it is killed then */
	bool passed;			/* it said that it would come up ... */
	char version[UPGRADE_VERSION];	/* ... and who it is */
	char why[MESSAGE_TEXT];		/* ... or why not */
	char path[UPGRADE_PATH];	/* that baton was started from; "" when that is not known */

	/* what no field of PID 1 says, for who comes next */
	int language;			/* MESSAGE_LANGUAGE of the keepers */
	struct role_origin origin;
	struct inherited inherited;
	char name[16];			/* what ps shows */
};

/* Nothing is under way. Before anything is carried over it. */
void upgrade_begin(struct upgrade *u);

/* Where were we started from, and how? Once, at boot. */
void upgrade_learn(struct init *init, char *const arguments[]);

/* A client asks for it with a binary, or with -1 where one would be found. */
void upgrade_ask(struct init *init, struct client *c, int binary);

/* The rehearsal says something. */
void upgrade_hear(struct init *init);

/* Was this child the rehearsal? */
bool upgrade_ended(struct init *init, pid_t pid, int status);

/* After each event: give up, or be somebody else from here on. */
void upgrade_settle(struct init *init);

/* When the rehearsal has taken too long. */
msec upgrade_deadline(const struct init *init);

/* The new one is up; or the old one is again, because of this. */
void upgrade_done(struct init *init, const char *from);
void upgrade_failed(struct init *init, const char *why);

#endif
