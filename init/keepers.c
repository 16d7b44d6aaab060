/* keepers.c - PID 1's side of the keepers. */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/permit.h"
#include "init/report.h"

enum { COMMAND_MOST = 256 };

struct keeper_record *
keepers_find(struct init *init, uint32_t serial)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (serial != 0 && init->state.keepers[i].serial == serial)
			return &init->state.keepers[i];
	return NULL;
}

static struct keeper_record *
free_record(struct init *init)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (init->state.keepers[i].serial == 0)
			return &init->state.keepers[i];
	errno = ENOSPC;
	return NULL;
}

static int
send_listener(const struct init *init, const struct keeper_record *k, int index)
{
	const struct listener *l = &init->state.listeners[index];
	const struct generation *g = service_look(&init->state.service, k->serial);
	struct message m = { .type = MESSAGE_LISTENER, .serial = k->serial, .code = index };

	if (g == NULL) {
		errno = ESRCH;
		return -1;
	}
	address_print(m.text, &l->address);
	return wire_send(k->channel, &m, listener_socket(l, g->slot));
}

static int
introduce(const struct init *init, const struct keeper_record *k, int32_t release)
{
	struct message begin = { .type = MESSAGE_BEGIN, .serial = k->serial, .release = release };
	int i;

	for (i = 0; i < init->state.listener_count; i++)
		if (send_listener(init, k, i) == -1)
			return -1;
	return wire_send(k->channel, &begin, -1);
}

static pid_t
start(const struct init *init, uint32_t serial, int32_t release, int channel)
{
	char name[16], number[16];
	char *argv[COMMAND_MOST + 6] = { (char *)"baton", (char *)"keeper", name, number,
		(char *)"--" };
	int i;

	snprintf(name, sizeof(name), "%u", serial);
	snprintf(number, sizeof(number), "%d", release);
	for (i = 0; i < COMMAND_MOST && init->command[i] != NULL; i++)
		argv[5 + i] = init->command[i];
	return role_start(argv, NULL, channel, NULL, 0);
}

int
keepers_launch(struct init *init, uint32_t serial, int32_t release, int slot)
{
	struct keeper_record *k = free_record(init);
	int ends[2];

	(void)slot;
	if (k == NULL || wire_pair(ends) == -1)
		return -1;
	memset(k, 0, sizeof(*k));
	k->serial = serial;
	k->channel = ends[0];
	if (introduce(init, k, release) == -1 ||
	    (k->pid = start(init, serial, release, ends[1])) == -1) {
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		k->serial = 0;
		return -1;
	}
	fd_close(&ends[1]);
	return 0;
}

void
keepers_tell(struct init *init, uint32_t serial, enum message_type type, int64_t value)
{
	struct keeper_record *k = keepers_find(init, serial);
	struct message m = { .type = type, .serial = serial, .value = value,
		.code = (int32_t)value };

	if (k == NULL || k->channel == -1)
		return;
	if (wire_send(k->channel, &m, -1) == -1 && errno == EAGAIN) {
		/* a keeper that hears nothing for so long is of no use to its generation */
		log_line(LOG_ERROR, "generation %u: its keeper does not read: killed", serial);
		keepers_kill(init, serial);
	}
}

void
keepers_kill(struct init *init, uint32_t serial)
{
	struct keeper_record *k = keepers_find(init, serial);

	if (k != NULL && k->pid > 0)
		kill(k->pid, SIGKILL);
}

void
keepers_signal(struct init *init, int signo)
{
	const struct service *s = &init->state.service;

	keepers_tell(init, s->live != 0 ? s->live : s->candidate, MESSAGE_SIGNAL, signo);
}

/* --- what keepers say ------------------------------------------------------------------------- */

static int
find_listener(const struct init *init, const struct address *a)
{
	int i;

	for (i = 0; i < init->state.listener_count; i++)
		if (address_equal(&init->state.listeners[i].address, a))
			return i;
	return -1;
}

/* Make a listener of an address that a worker binds. Its index, or -1 with errno. */
static int
learn(struct init *init, const struct address *a)
{
	struct state *st = &init->state;
	struct listener *l = &st->listeners[st->listener_count];

	if (st->listener_count == LISTENERS) {
		errno = ENOSPC;
		return -1;
	}
	memset(l, 0, sizeof(*l));
	if (listener_open(l, a, st->steering ? st->service.policy.slots : 0) == -1)
		return -1;
	listener_steer(l, &st->steer);
	init_event(init, (struct event){ .type = EVENT_LISTENING });
	return st->listener_count++;
}

static void
on_bind(struct init *init, struct keeper_record *k, const struct message *m)
{
	struct message no = { .type = MESSAGE_LISTENER, .serial = k->serial, .code = -1 };
	struct address a;
	int index;

	text_copy(no.text, sizeof(no.text), m->text);
	if (address_parse(&a, m->text) == -1) {
		wire_send(k->channel, &no, -1);
		return;
	}
	if ((index = find_listener(init, &a)) == -1 && (index = learn(init, &a)) == -1) {
		log_line(LOG_WARNING, "cannot take %s over: %m; the worker binds it by itself",
		    m->text);
		wire_send(k->channel, &no, -1);
		return;
	}
	if (send_listener(init, k, index) == -1)
		wire_send(k->channel, &no, -1);
}

static void
on_worker(struct init *init, struct keeper_record *k, const struct message *m)
{
	struct worker_record *w;

	if (m->code < 0 || m->code >= WORKERS)
		return;
	w = &k->workers[m->code];
	if (m->type == MESSAGE_WORKER_UP) {
		w->restarts = (uint16_t)(w->restarts + (w->restarts > 0 || w->adoption != 0));
		w->pid = (int32_t)m->value;
		return;
	}
	w->pid = 0;
	w->restarts = w->restarts == 0 ? 1 : w->restarts;
	init_event(init, (struct event){ .type = EVENT_WORKER_ENDED, .serial = k->serial,
	    .code = (int)m->value });
}

static void
on_adopted(struct keeper_record *k, const struct message *m)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (k->workers[i].pid == m->value || m->value == 0)
			k->workers[i].adoption = (uint16_t)m->code;
}

static void
hear(struct init *init, struct keeper_record *k, const struct message *m, int fd)
{
	struct event e = { .serial = k->serial };

	switch (m->type) {
	case MESSAGE_BIND:
		on_bind(init, k, m);
		return;
	case MESSAGE_ADOPTED:
		on_adopted(k, m);
		return;
	case MESSAGE_WORKER_UP:
	case MESSAGE_WORKER_DOWN:
		on_worker(init, k, m);
		return;
	case MESSAGE_DRAIN_STATE:
		k->in_flight = m->code;
		k->open = (int32_t)m->value;
		memcpy(k->waits_for, m->text, sizeof(k->waits_for));
		return;
	case MESSAGE_DRAIN_DONE:
		k->cut = m->code;
		k->closed_quiet = (int32_t)m->value;
		return;
	case MESSAGE_ANNOUNCED:
		e.type = EVENT_ANNOUNCED;
		break;
	case MESSAGE_READY:
		e.type = EVENT_NOTIFIED;
		break;
	case MESSAGE_FAILED:
		report_failure(init, k->serial, m->text, fd);
		e.type = EVENT_FAILED;
		e.code = m->code;
		break;
	default:
		return;
	}
	init_event(init, e);
}

/* Hear one message. Returns whether there may be more. */
static bool
hear_one(struct init *init, struct keeper_record *k)
{
	struct message m;
	int fd = -1, got = wire_receive(k->channel, &m, &fd);

	if (got == -1 && errno == EAGAIN)
		return false;
	if (got == 1 && permit(PEER_KEEPER, &m, fd) && m.serial == k->serial) {
		hear(init, k, &m, fd);
		fd_close(&fd);
		return true;
	}
	fd_close(&fd);
	fd_close(&k->channel);
	if (got != 0) {
		log_line(LOG_ERROR, "generation %u: its keeper sent what it may not: killed",
		    k->serial);
		keepers_kill(init, k->serial);
	}
	return false;
}

void
keepers_message(struct init *init, int index)
{
	struct keeper_record *k = &init->state.keepers[index];

	if (k->serial != 0 && k->channel != -1)
		hear_one(init, k);
}

/* Killed, it could not end what is below it: the groups of its workers are what we know. */
static void
end_orphans(const struct keeper_record *k)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (k->workers[i].pid > 0)
			kill(-k->workers[i].pid, SIGKILL);
}

bool
keepers_ended(struct init *init, pid_t pid, int status)
{
	struct keeper_record *k = NULL;
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (init->state.keepers[i].serial != 0 && init->state.keepers[i].pid == pid)
			k = &init->state.keepers[i];
	if (k == NULL)
		return false;
	for (i = 0; i < 2 * WORKERS && k->channel != -1 && hear_one(init, k); i++)
		;
	fd_close(&k->channel);
	if (!WIFEXITED(status)) {
		report_keeper_died(init, k->serial, status);
		end_orphans(k);
	}
	init_event(init, (struct event){ .type = EVENT_EXITED, .serial = k->serial,
	    .code = status });
	report_gone(init, k);
	k->serial = 0;
	return true;
}
