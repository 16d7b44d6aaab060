/* keeper.c - the parent of one generation's workers: one poll, one deadline. */
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "handoff/environment.h"
#include "handoff/keep.h"
#include "handoff/remote.h"

void
keep_tell(struct keeper *k, enum message_type type, int32_t code, int64_t value,
    const char *text, int fd)
{
	struct message m = { .type = type, .serial = k->config->serial,
		.release = k->config->release, .code = code, .value = value };

	text_copy(m.text, sizeof(m.text), text);
	/* PID 1 reads every turn; if it cannot, what was to be said is still true later */
	if (wire_send(ROLE_CHANNEL, &m, fd) == -1 && errno != EAGAIN)
		leave_kill(k);
}

static void
drain_signals(struct keeper *k)
{
	struct signalfd_siginfo got[2];		/* of one signal only one can wait */

	(void)!read(k->signals, got, sizeof(got));
	remote_settle();
	workers_reap(k);
}

enum {
	SET_MOST = 5 + CARRY_CHANNELS + DELIVER_SOURCES + 2 * KEEP_WORKERS + FETCH_GUESTS
};

struct watched {
	void (*call)(struct keeper *, int index);
	int index;
};

static void
on_channel(struct keeper *k, int index)
{
	(void)index;
	orders_hear(k);
}

static void
on_signal(struct keeper *k, int index)
{
	(void)index;
	drain_signals(k);
}

static void
on_tail(struct keeper *k, int index)
{
	(void)index;
	tail_go_on(&k->tail);
}

static void
on_notify(struct keeper *k, int index)
{
	(void)index;
	voice_hear(k);
}

static void
on_fetch(struct keeper *k, int index)
{
	(void)index;
	fetch_accept(k);
}

static void
on_carry(struct keeper *k, int index)
{
	passage_hear_back(k, index);
}

static void
on_deliver(struct keeper *k, int index)
{
	deliver_hear(&k->deliver, index, clock_now());
}

static int
watch(struct pollfd *set, struct watched *who, int count, struct pollfd what,
    void (*call)(struct keeper *, int), int index)
{
	if (what.fd == -1)
		return count;
	set[count] = what;
	who[count] = (struct watched){ call, index };
	return count + 1;
}

static int
collect(const struct keeper *k, struct pollfd *set, struct watched *who)
{
	bool room = binds_room(k);
	int count = 0, i;

	count = watch(set, who, count, (struct pollfd){ ROLE_CHANNEL, POLLIN, 0 }, on_channel, 0);
	count = watch(set, who, count, (struct pollfd){ k->signals, POLLIN, 0 }, on_signal, 0);
	count = watch(set, who, count, (struct pollfd){ k->notify, POLLIN, 0 }, on_notify, 0);
	count = watch(set, who, count, (struct pollfd){ k->fetch, POLLIN, 0 }, on_fetch, 0);
	for (i = 0; i < FETCH_GUESTS; i++)
		count = watch(set, who, count, (struct pollfd){ k->guests[i].socket, POLLIN, 0 },
		    fetch_hear, i);
	count = watch(set, who, count, tail_poll(&k->tail), on_tail, 0);
	for (i = 0; i < CARRY_CHANNELS; i++)
		count = watch(set, who, count, (struct pollfd){ k->carry.channels[i], POLLIN, 0 },
		    on_carry, i);
	for (i = 0; i < DELIVER_SOURCES; i++)
		count = watch(set, who, count, (struct pollfd){ k->deliver.sources[i], POLLIN, 0 },
		    on_deliver, i);
	for (i = 0; i < k->config->workers; i++) {
		const struct worker *w = &k->workers[i];

		count = watch(set, who, count, (struct pollfd){ w->channel, POLLIN, 0 },
		    workers_launch_says, i);
		count = watch(set, who, count, (struct pollfd){ room ? w->notify : -1, POLLIN, 0 },
		    calls_receive, i);
	}
	return count;
}

static msec
deadline(const struct keeper *k)
{
	msec when = workers_deadline(k), bark = watchdog_deadline(k);

	when = bark < when ? bark : when;
	when = k->look_at < when ? k->look_at : when;
	when = places_deadline(k) < when ? places_deadline(k) : when;
	when = k->weigh_at < when ? k->weigh_at : when;
	when = k->carry.look_at < when ? k->carry.look_at : when;
	when = k->deliver.ring_at < when ? k->deliver.ring_at : when;
	if (k->phase == KEEP_ENDING && carry_underway(&k->carry) > 0)
		when = k->carry_until < when ? k->carry_until : when;
	return k->kill_at > 0 && k->kill_at < when ? k->kill_at : when;
}

bool
keep_is_alone(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD;
}

static bool
speaks(const struct watched *who)
{
	return who->call == on_notify || who->call == on_fetch || who->call == fetch_hear;
}

static void
turn(struct keeper *k)
{
	struct pollfd set[SET_MOST];
	struct watched who[SET_MOST];
	int count = collect(k, set, who), i;
	msec now;

	poll(set, (nfds_t)count, clock_patience(deadline(k), clock_now()));
	/*
	 * First what workers said: whose process that was can be told until it is reaped. Who spoke and
	 * ended was heard, as poll(2) looked at the signals before it looked here.
	 */
	for (i = 0; i < count; i++)
		if (set[i].revents != 0 && speaks(&who[i]))
			who[i].call(k, who[i].index);
	for (i = 0; i < count; i++)
		if (set[i].revents != 0 && !speaks(&who[i]))
			who[i].call(k, who[i].index);
	now = clock_now();
	workers_due(k, now);
	watchdog_due(k, now);
	if (k->weigh_at <= now)
		workers_weigh(k);
	if (k->look_at <= now)
		leave_look(k);
	if (k->carry.look_at <= now)
		passage_look(k);
	deliver_due(&k->deliver, now);
	places_due(k, now);
	leave_due(k, now);
}

/* The command, copied: its words lie where our title is to be. */
static char **
pinned(const struct keeper_config *c)
{
	/* BATON_LIVE is named from where baton was started, arguments from where workers run */
	bool pin = c->live != NULL && c->release_path != NULL;
	char *here = pin ? getcwd(NULL, 0) : NULL, **command;
	char *there = !pin ? NULL : c->directory != NULL ? realpath(c->directory, NULL) :
	    getcwd(NULL, 0);
	size_t count = 0, i;

	while (c->command[count] != NULL)
		count++;
	if ((command = calloc(count + 1, sizeof(*command))) == NULL)
		log_die(1, "out of memory");
	for (i = 0; i < count; i++) {
		command[i] = pin ?
		    environment_pin(c->command[i], there, c->live, here, c->release_path) :
		    strdup(c->command[i]);
		if (command[i] == NULL)
			log_die(1, "out of memory");
	}
	free(here);
	free(there);
	return command;
}

static int
open_signals(const struct keeper_config *config)
{
	sigset_t child;
	int fd;

	inherited_block_all();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if ((fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		log_die(1, "generation %u: its keeper cannot receive signals: %m",
		    config->serial);
	return fd;
}

static void
show(const struct keeper_config *config)
{
	char title[64];

	snprintf(title, sizeof(title), "baton keeper %u %s", config->serial, config->service);
	role_show(title);
}

static void
open_notify(struct keeper *k)
{
	const char *directory = k->config->sockets;
	char path[64], own[NOTIFY_NAME];

	snprintf(path, sizeof(path), "notify.%d.%u", (int)getpid(), k->config->serial);
	k->notify = notify_open(SOCK_DGRAM, directory, path, k->notify_name);
	if (k->notify != -1)
		return;
	notify_directory(own);
	log_line(LOG_WARNING, "generation %u: its workers have no NOTIFY_SOCKET: cannot make it in %s "
	    "(%s): %m", k->config->serial, directory != NULL ? directory : own, directory != NULL ?
	    "BATON_SOCKET_DIR, to which their user must be able to write" :
	    "which must be their user's, with mode 0700");
}

static void
prepare(struct keeper *k, const struct keeper_config *config)
{
	int i;

	k->config = config;
	k->command = pinned(config);
	k->stop_signal = config->stop_signal;
	k->terminal = -1;
	k->look_at = k->kill_at = k->weigh_at = k->ask_at = CLOCK_NEVER;
	for (i = 0; i < KEEP_WORKERS; i++) {
		k->workers[i].channel = k->workers[i].notify = -1;
		k->workers[i].start_at = k->workers[i].end_at = CLOCK_NEVER;
		watchdog_begin(k, i);
	}
	for (i = 0; i < KEEP_ASKED; i++)
		k->asked[i].worker = DRAIN_NOBODY;
	passage_prepare(k);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	k->signals = open_signals(config);
	open_notify(k);
	fetch_open(k);
	tail_open(&k->tail, config->capture);
	srand((unsigned)getpid() ^ (unsigned)clock_wall());	/* for the jitter of restarts */
	role_leave();
	show(config);
}

int
keeper_run(const struct keeper_config *config)
{
	static struct keeper k;

	prepare(&k, config);
	if (config->refused != NULL) {
		k.not_run = true;
		leave_failed(&k, EXIT_FAILURE << 8, config->refused);
		return k.status;
	}
	do
		turn(&k);
	while (k.phase != KEEP_ENDING || !keep_is_alone() || !passage_is_over(&k));
	tail_end(&k.tail);
	notify_close(&k.notify, k.notify_name);
	notify_close(&k.fetch, k.fetch_name);
	return k.status;
}
