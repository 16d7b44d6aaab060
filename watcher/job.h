/*
 * job.h - one build as the watcher sees it: a builder that runs, and what comes of it.
 */
#ifndef WATCHER_JOB_H
#define WATCHER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/message.h"
#include "watcher/config.h"
#include "watcher/output.h"
#include "watcher/record.h"

struct job {
	bool running;
	int channel;		/* to the builder, -1: closed, which ends it */
	msec began;
	bool dropped;		/* it was ended by us, for another one or for good */
	int32_t told;		/* what equals this release is no news either; 0: none */
	struct record record;
	struct output output;
};

void job_init(struct job *j);

/* Take a number for a build and say that it began; its files can be put in place then. */
void job_begin(struct job *j, const struct watch_config *config, const char *trigger);

/* It cannot be built, because of `what` and errno: job_start() will not, and job_finish() tells why. */
void job_refuse(struct job *j, const char *what);

/* Have the warden start the builder. 0, or -1 and job_finish() tells why. */
int job_start(struct job *j, const struct watch_config *config, int warden);

/* End it and all in it; the warden still has to say that it is gone. */
void job_end(struct job *j);

/* Take one message of the builder, why it failed. 1, or 0 when there was none. */
int job_receive(struct job *j);

/*
 * The builder has ended with this wait status. Publishes, or drops what was made, writes the record
 * and fills in what init is to be told. *fd is the caller's to close, -1 for none.
 */
void job_finish(struct job *j, const struct watch_config *config, int32_t live, int status,
    struct message *m, int *fd);

#endif
