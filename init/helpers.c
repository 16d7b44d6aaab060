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
	void (*hear)(struct init *, struct served *, const struct message *, int fd);
	void (*ended)(struct init *, struct served *, int status);
	void (*settle)(struct init *, struct served *);
};

static const struct room rooms[HELPERS] = {
	[HELPER_WATCH] = { "watch", PEER_WATCH, building_hear, building_ended, building_settle },
	[HELPER_STORE] = { "store", PEER_STORE, publishing_hear, publishing_ended,
	    publishing_settle },
	[HELPER_PROBE] = { "probe", PEER_PROBE, probing_hear, probing_ended, probing_settle },
};

struct helper *
helpers_record(struct served *sv, int which)
{
	return which == HELPER_WATCH ? &sv->watch : which == HELPER_STORE ? &sv->store : &sv->probe;
}

int
helpers_channel(const struct served *sv, int which)
{
	return helpers_record((struct served *)sv, which)->channel;
}

int
helpers_start(struct served *sv, int which, char *const argv[])
{
	struct helper *h = helpers_record(sv, which);
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
hear_one(struct init *init, struct served *sv, int which)
{
	struct helper *h = helpers_record(sv, which);
	struct message m;
	int fd = -1, got = wire_receive(h->channel, &m, &fd);

	if (got == -1 && errno == EAGAIN)
		return false;
	if (got == 1 && permit(rooms[which].peer, &m, fd)) {
		rooms[which].hear(init, sv, &m, fd);
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
helpers_message(struct init *init, struct served *sv, int which)
{
	if (helpers_channel(sv, which) != -1)
		hear_one(init, sv, which);
}

bool
helpers_ended(struct init *init, struct served *sv, pid_t pid, int status)
{
	enum { STILL_TO_HEAR = 64 };
	struct helper *h;
	int which, i;

	for (which = 0; which < HELPERS; which++) {
		h = helpers_record(sv, which);
		if (h->pid != pid)
			continue;
		for (i = 0; i < STILL_TO_HEAR && h->channel != -1 && hear_one(init, sv, which); i++)
			;
		fd_close(&h->channel);
		h->pid = 0;
		rooms[which].ended(init, sv, status);
		return true;
	}
	return false;
}

void
helpers_settle(struct init *init, struct served *sv)
{
	int which;

	for (which = 0; which < HELPERS; which++)
		rooms[which].settle(init, sv);
}

msec
helpers_deadline(const struct served *sv)
{
	const struct helper *watch = &sv->watch, *store = &sv->store;
	msec when = CLOCK_NEVER;

	if (watch->pid == 0 && watch->start_at != 0)
		when = watch->start_at;
	if (store->pid == 0 && sv->publish_next != 0 && store->start_at < when)
		when = store->start_at;
	return when;
}

void
helpers_close(struct served *sv)
{
	int which;

	for (which = 0; which < HELPERS; which++)
		fd_close(&helpers_record(sv, which)->channel);
	if (sv->probe.pid > 0)
		kill(sv->probe.pid, SIGKILL);
}
