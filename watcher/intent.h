/*
 * intent.h - what changed: does it want a build, or only a reload, and what is a build's result
 * worth? PURE: no system calls.
 *
 * release.h says when; this says what then.
 */
#ifndef WATCHER_INTENT_H
#define WATCHER_INTENT_H

#include <stdbool.h>
#include <stdint.h>

struct intent {
	bool builds, reloads;	/* what changed since the last begin wants the one, the other */
	bool asked;		/* for a build, whatever changed */
	bool again;		/* ... even if nothing differs now from when the last build began */
	bool owed;		/* a reload for what changed when the running build began, or before it */
	int32_t told;		/* the next build is no news if it equals this release; 0: none */
};

enum intent_act { INTENT_BUILD, INTENT_RELOAD };
/* lost: it was ended, or killed, before it could tell */
enum intent_result { INTENT_BUILT, INTENT_SAME, INTENT_FAILED, INTENT_LOST };

/* A path changed; reload_only: one that needs no build. */
void intent_change(struct intent *i, bool reload_only);

/* Something was there while a build ran, and is no more: who knows what the build has read? */
void intent_doubt(struct intent *i);

/* What changed is as it was: nothing is wanted for it, unless in doubt. */
void intent_nothing(struct intent *i);

/*
 * Somebody asks for a build. again: because this watcher was started again, and told was the newest
 * state before that; reloads: there may be files that need no build, and they may have changed.
 */
void intent_ask(struct intent *i, bool again, int32_t told, bool reloads);

/* It begins: a build or a reload? builds: can we build at all? *told is for intent_same(). */
enum intent_act intent_begin(struct intent *i, bool builds, int32_t *told);

/* A build has ended. True if a reload is to follow it, for what new workers alone would see. */
bool intent_end(struct intent *i, enum intent_result result);

/* What a release holds, as a digest; number 0: there is none. */
struct intent_release {
	int32_t number;
	uint64_t digest;
};

/* The release that what was built equals, 0 for none: the live one or, if not that, the one told. */
int32_t intent_same(uint64_t built, struct intent_release live, struct intent_release told);

#endif
