/* keepers.c - PID 1's side of the keepers. */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "handoff/canary.h"
#include "init/deposits.h"
#include "init/ending.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/learning.h"
#include "init/permit.h"
#include "init/report.h"
#include "init/roles.h"
#include "init/signals.h"
#include "init/spread.h"

struct keeper_record *
keepers_find(struct served *sv, uint32_t serial)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (serial != 0 && sv->keepers[i].serial == serial)
			return &sv->keepers[i];
	return NULL;
}

static struct keeper_record *
free_record(struct served *sv)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (sv->keepers[i].serial == 0)
			return &sv->keepers[i];
	errno = ENOSPC;
	return NULL;
}

/* In the child: from here on it is a keeper, and never comes back. */
_Noreturn static void
become_keeper(const struct init *init, const struct served *sv, uint32_t serial, int32_t release)
{
	const struct service_config *c = init_config(init, sv);

	_exit(roles_keep(&c->options, c->command, sv->name, serial, release,
	    init->config->count));
}

static pid_t
start(const struct init *init, const struct served *sv, uint32_t serial, int32_t release,
    int channel)
{
	pid_t pid = role_fork(channel, NULL, 0);

	if (pid == 0)
		become_keeper(init, sv, serial, release);
	return pid;
}

static int
introduce(struct served *sv, const struct keeper_record *k, int32_t release, int count)
{
	struct message begin = { .type = MESSAGE_BEGIN, .serial = k->serial, .release = release,
		.value = count };

	if (learning_introduce(sv, k) == -1 || deposits_introduce(sv, k) == -1)
		return -1;
	return wire_send(k->channel, &begin, -1);
}

int
keepers_launch(struct init *init, struct served *sv, uint32_t serial, int32_t release,
    int count)
{
	struct keeper_record *k = free_record(sv);
	int ends[2], i;

	if (k == NULL || wire_pair(ends) == -1)
		return -1;
	memset(k, 0, sizeof(*k));
	k->roll = -1;
	for (i = 0; i < FIGURES; i++)
		k->figures[i] = -1;
	k->serial = serial;
	k->channel = ends[0];
	k->down = count > 0 ? UINT64_MAX << count : 0;
	if (introduce(sv, k, release, count) == -1 ||
	    (k->pid = start(init, sv, serial, release, ends[1])) == -1) {
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		k->serial = 0;
		return -1;
	}
	fd_close(&ends[1]);
	return 0;
}

static void
tell(struct served *sv, struct keeper_record *k, const struct message *m)
{
	if (wire_send(k->channel, m, -1) == 0 || errno == EPIPE || errno == ECONNRESET)
		return;
	/* a keeper that hears nothing for so long is of no use to its generation */
	if (errno == EAGAIN)
		log_line(LOG_ERROR, "generation %u: its keeper does not read: killed", k->serial);
	else
		log_line(LOG_ERROR, "generation %u: its keeper cannot be told: %m; killed",
		    k->serial);
	keepers_kill(sv, k->serial);
}

void
keepers_tell(struct served *sv, uint32_t serial, enum message_type type, int32_t code,
    int64_t value)
{
	struct keeper_record *k = keepers_find(sv, serial);
	struct message m = { .type = type, .serial = serial, .code = code, .value = value };

	if (k != NULL && k->channel != -1)
		tell(sv, k, &m);
}

void
keepers_join(struct served *sv, uint32_t from, uint32_t to)
{
	struct keeper_record *old = keepers_find(sv, from), *new = keepers_find(sv, to);
	struct message m = { .type = MESSAGE_CARRY_FROM, .serial = to };
	int ends[2];

	if (old == NULL || new == NULL || old == new || old->channel == -1 ||
	    new->channel == -1 || wire_pair(ends) == -1)
		return;
	/* who cannot be told now drains without, or accepts without */
	if (wire_send(new->channel, &m, ends[0]) == 0) {
		m.type = MESSAGE_CARRY_TO;
		m.serial = from;
		wire_send(old->channel, &m, ends[1]);
	}
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

void
keepers_kill(struct served *sv, uint32_t serial)
{
	struct keeper_record *k = keepers_find(sv, serial);

	if (k == NULL || k->pid <= 0)
		return;
	k->condemned = true;
	kill(k->pid, SIGKILL);
}

/* Signals can come faster than a keeper reads: none is lost, and none is worth its life. */
static void
signal_workers(const struct keeper_record *k, int signo)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (k->workers[i].pid > 0)
			kill(k->workers[i].pid, signo);
}

void
keepers_signal(struct served *sv, int signo, bool hurry)
{
	const struct service *s = &sv->service;
	uint32_t only = s->live != 0 ? s->live : s->candidate;
	struct message m = { .type = MESSAGE_SIGNAL, .code = signo, .value = hurry };
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		struct keeper_record *k = &sv->keepers[i];

		if (k->serial == 0 || k->channel == -1 || (!s->stopping && k->serial != only))
			continue;
		m.serial = k->serial;
		if (wire_send(k->channel, &m, -1) == -1 && errno == EAGAIN)
			signal_workers(k, signo);
	}
}

/* --- what keepers say ------------------------------------------------------------------------- */

static void
on_worker(struct init *init, struct served *sv, struct keeper_record *k, const struct message *m)
{
	struct worker_record *w;
	char why[MESSAGE_TEXT];

	if (m->code < 0 || m->code >= WORKERS)
		return;
	w = &k->workers[m->code];
	if (m->type == MESSAGE_WORKER_UP) {
		w->pid = (int32_t)m->value;
		return;
	}
	spread_worker(sv, k, m->code, true);
	w->pid = 0;
	if (canary_now(&sv->service) != NULL && k->serial == sv->service.candidate) {
		snprintf(why, sizeof(why), "worker %d %.80s", m->code, m->text);
		report_canary_failed(init, sv, k->serial, why);
	}
	w->restarts++;
	init_event(init, sv, (struct event){ .type = EVENT_WORKER_ENDED, .serial = k->serial,
	    .code = (int)m->value });
}

static void
on_adopted(struct served *sv, struct keeper_record *k, const struct message *m)
{
	char text[ADDRESS_TEXT];
	int i;

	for (i = 0; i < sv->listener_count; i++) {
		address_print(text, &sv->listeners[i].address);
		if (strcmp(text, m->text) == 0)
			k->bound |= UINT64_C(1) << i;
	}
	for (i = 0; i < WORKERS; i++) {
		if (k->workers[i].pid != m->value && m->value != 0)
			continue;
		k->workers[i].adoption = (uint16_t)m->code;
		spread_worker(sv, k, i, false);
	}
}

/* What a worker says of itself, and who it says it is. */
static void
on_said(struct keeper_record *k, const struct message *m)
{
	struct worker_record *w;

	if (m->code < 0 || m->code >= WORKERS)
		return;
	w = &k->workers[m->code];
	if (m->type == MESSAGE_MAIN) {
		w->pid = (int32_t)m->value;
		return;
	}
	w->saying = m->value >= 0 && m->value <= SAYING_STOPPING ? (uint16_t)m->value : 0;
	text_copy(w->status, sizeof(w->status), m->text);
}

static void
on_drain(struct keeper_record *k, const struct message *m)
{
	if (m->type == MESSAGE_DRAIN_DONE) {
		k->cut = m->code;
		k->closed_quiet = (int32_t)m->value;
		return;
	}
	k->in_flight = m->code;
	k->open = (int32_t)m->value;
	memcpy(k->waits_for, m->text, sizeof(k->waits_for));
}

static void
hear(struct init *init, struct served *sv, struct keeper_record *k, const struct message *m, int fd)
{
	struct event e = { .serial = k->serial };

	switch (m->type) {
	case MESSAGE_BIND:
		learning_bind(init, sv, k, m);
		return;
	case MESSAGE_ADOPTED:
		on_adopted(sv, k, m);
		return;
	case MESSAGE_WORKER_UP:
	case MESSAGE_WORKER_DOWN:
		on_worker(init, sv, k, m);
		return;
	case MESSAGE_DRAIN_STATE:
	case MESSAGE_DRAIN_DONE:
		on_drain(k, m);
		return;
	case MESSAGE_FIGURE:
		if (m->code >= 0 && m->code < FIGURES)
			k->figures[m->code] = m->value;
		return;
	case MESSAGE_CONNECTIONS:
		fd_close(&k->roll);
		k->roll = fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
		return;
	case MESSAGE_SAYS:
	case MESSAGE_MAIN:
		on_said(k, m);
		return;
	case MESSAGE_NAME:
	case MESSAGE_STORE:
	case MESSAGE_STORE_REMOVE:
		deposits_hear(init, sv, k, m, fd);
		return;
	case MESSAGE_EXTEND:
		e.type = EVENT_EXTEND;
		e.code = m->value > INT32_MAX ? INT32_MAX : (int)m->value;
		break;
	case MESSAGE_HEAVY:
		report_heavy(init, sv, k->serial, m->value);
		e.type = EVENT_HEAVY;
		break;
	case MESSAGE_STOPPED:
		signals_stopped(init, sv, m->code);
		return;
	case MESSAGE_ANNOUNCED:
		account_announced(sv, k->serial, clock_now());
		e.type = EVENT_ANNOUNCED;
		e.code = m->code;
		break;
	case MESSAGE_READY:
		e.type = EVENT_NOTIFIED;
		e.code = m->code;
		break;
	case MESSAGE_RETIRED:
		e.type = EVENT_RETIRED;
		e.code = m->code;
		break;
	case MESSAGE_FELL:	/* what follows from it does when its end is heard of */
		report_failure(init, sv, k->serial, m->text, m->value != 0, fd);
		return;
	case MESSAGE_FAILED:
		report_failure(init, sv, k->serial, m->text, m->value != 0, fd);
		e.type = EVENT_FAILED;
		e.code = m->code;
		break;
	default:
		return;
	}
	init_event(init, sv, e);
}

/* Hear one message. Returns whether there may be more. */
static bool
hear_one(struct init *init, struct served *sv, struct keeper_record *k)
{
	struct message m;
	int fd = -1, got = wire_receive(k->channel, &m, &fd);

	if (got == -1 && errno == EAGAIN)
		return false;
	if (got == 1 && permit(PEER_KEEPER, &m, fd) && m.serial == k->serial) {
		k->spoke = true;
		hear(init, sv, k, &m, fd);
		fd_close(&fd);
		return true;
	}
	fd_close(&fd);
	fd_close(&k->channel);
	if (got != 0) {
		log_line(LOG_ERROR, "generation %u: its keeper sent what it may not: killed",
		    k->serial);
		keepers_kill(sv, k->serial);
	}
	return false;
}

void
keepers_message(struct init *init, struct served *sv, int index)
{
	struct keeper_record *k = &sv->keepers[index];

	if (k->serial != 0 && k->channel != -1)
		hear_one(init, sv, k);
}

bool
keepers_ended(struct init *init, struct served *sv, pid_t pid, int status)
{
	struct keeper_record *k = NULL;
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (sv->keepers[i].serial != 0 && sv->keepers[i].pid == pid)
			k = &sv->keepers[i];
	if (k == NULL)
		return false;
	for (i = 0; i < 2 * WORKERS && k->channel != -1 && hear_one(init, sv, k); i++)
		;
	fd_close(&k->channel);
	if (k->condemned)	/* it may have seen its channel close and ended before the signal */
		status = SIGKILL;
	if (!k->spoke && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_PLACE)
		report_failure(init, sv, k->serial, "cannot start its keeper: too few descriptors "
		    "(RLIMIT_NOFILE)", true, -1);
	if (!WIFEXITED(status)) {
		report_keeper_died(init, sv, k->serial, status);
		ending_orphans(init, k);
	}
	init_event(init, sv, (struct event){ .type = EVENT_EXITED, .serial = k->serial,
	    .code = status });
	report_gone(init, sv, k);
	fd_close(&k->roll);
	k->serial = 0;
	return true;
}
