/* helpers.c - the roles of which there is at most one at a time. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/wire.h"
#include "init/building.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/permit.h"
#include "init/probing.h"
#include "init/publishing.h"

struct room {
	const char *name;
	enum peer peer;
	void (*hear)(struct init *, const struct message *, int fd);
	void (*ended)(struct init *, int status);
	void (*settle)(struct init *);
};

static const struct room rooms[HELPERS] = {
	[HELPER_WATCH] = { "watch", PEER_WATCH, building_hear, building_ended, building_settle },
	[HELPER_STORE] = { "store", PEER_STORE, publishing_hear, publishing_ended,
	    publishing_settle },
	[HELPER_PROBE] = { "probe", PEER_PROBE, probing_hear, probing_ended, probing_settle },
};

struct helper *
helpers_record(struct state *st, int which)
{
	return which == HELPER_WATCH ? &st->watch : which == HELPER_STORE ? &st->store : &st->probe;
}

int
helpers_channel(const struct state *st, int which)
{
	return helpers_record((struct state *)st, which)->channel;
}

int
helpers_start(struct init *init, int which, char *const argv[])
{
	struct helper *h = helpers_record(&init->state, which);
	int ends[2] = { -1, -1 };

	if (wire_pair(ends) == -1 || (h->pid = role_start(argv, NULL, ends[1], NULL, 0)) == -1) {
		log_line(LOG_ERROR, "cannot start %s: %m", rooms[which].name);
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		h->pid = 0;
		return -1;
	}
	fd_close(&ends[1]);
	h->channel = ends[0];
	h->starts++;
	return 0;
}

/* Returns whether there may be more to hear. */
static bool
hear_one(struct init *init, int which)
{
	struct helper *h = helpers_record(&init->state, which);
	struct message m;
	int fd = -1, got = wire_receive(h->channel, &m, &fd);

	if (got == -1 && errno == EAGAIN)
		return false;
	if (got == 1 && permit(rooms[which].peer, &m, fd)) {
		rooms[which].hear(init, &m, fd);
		fd_close(&fd);
		return true;
	}
	fd_close(&fd);
	fd_close(&h->channel);
	if (got != 0) {
		log_line(LOG_ERROR, "%s sent what it may not: killed", rooms[which].name);
		kill(h->pid, SIGKILL);
	}
	return false;
}

void
helpers_message(struct init *init, int which)
{
	if (helpers_channel(&init->state, which) != -1)
		hear_one(init, which);
}

bool
helpers_ended(struct init *init, pid_t pid, int status)
{
	enum { STILL_TO_HEAR = 64 };
	struct helper *h;
	int which, i;

	for (which = 0; which < HELPERS; which++) {
		h = helpers_record(&init->state, which);
		if (h->pid != pid)
			continue;
		for (i = 0; i < STILL_TO_HEAR && h->channel != -1 && hear_one(init, which); i++)
			;
		fd_close(&h->channel);
		h->pid = 0;
		rooms[which].ended(init, status);
		return true;
	}
	return false;
}

void
helpers_settle(struct init *init)
{
	int which;

	for (which = 0; which < HELPERS; which++)
		rooms[which].settle(init);
}

msec
helpers_deadline(const struct init *init)
{
	const struct helper *watch = &init->state.watch;

	return watch->pid == 0 && watch->start_at != 0 ? watch->start_at : CLOCK_NEVER;
}

void
helpers_close(struct init *init)
{
	int which;

	for (which = 0; which < HELPERS; which++)
		fd_close(&helpers_record(&init->state, which)->channel);
	if (init->state.probe.pid > 0)
		kill(init->state.probe.pid, SIGKILL);
}
