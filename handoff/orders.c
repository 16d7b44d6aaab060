/* orders.c - what PID 1 says to a keeper, and who sees to it. */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/role.h"
#include "base/wire.h"
#include "handoff/keep.h"

/* The slot on this address, a new one if there is none yet; NULL when there are too many. */
static struct slot *
slot_on(struct keeper *k, const struct address *a)
{
	struct slot *s = &k->slots[k->slot_count];
	int i;

	for (i = 0; i < k->slot_count; i++)
		if (address_equal(&k->slots[i].address, a))
			return &k->slots[i];
	if (k->slot_count == KEEP_LISTENERS)
		return NULL;
	s->address = *a;
	s->shared = false;
	for (i = 0; i < KEEP_WORKERS; i++)
		s->sockets[i] = -1;
	k->slot_count++;
	return s;
}

/* Keep a socket, once: workers that bind an address together each made PID 1 send it. */
static void
add_socket(struct keeper *k, const char *text, int64_t worker, int socket)
{
	bool shared = worker < 0 || worker >= KEEP_WORKERS;
	int first = shared ? 0 : (int)worker, last = shared ? KEEP_WORKERS - 1 : first, fd, i;
	struct address a;
	struct slot *s;

	if (address_parse(&a, text) == -1 || (s = slot_on(k, &a)) == NULL ||
	    s->sockets[first] != -1 || (fd = fcntl(socket, F_DUPFD_CLOEXEC, 0)) == -1)
		return;
	s->shared = shared;
	for (i = first; i <= last; i++)
		s->sockets[i] = fd;
}

static void
on_listener(struct keeper *k, const struct message *m, int fd)
{
	bool one = fd != -1 && m->value >= 0;

	if (fd != -1)
		add_socket(k, m->text, m->value, fd);
	if (k->phase != KEEP_WAITING)
		binds_answer(k, m->text, one ? (int)m->value : DRAIN_NOBODY);
}

/* What was sent to baton may be what its workers are asked with. */
static void
ask_with(struct keeper *k, int signo)
{
	if (signo != 0)
		k->stop_signal = signo;
}

/* From here on it is ours. */
static int
take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static void
obey(struct keeper *k, const struct message *m, int *fd)
{
	switch (m->type) {
	case MESSAGE_LISTENER:
		on_listener(k, m, *fd);
		break;
	case MESSAGE_BEGIN:
		if (k->phase == KEEP_WAITING) {
			places_begin(k, m->value);
			reckon_begin(k);
			workers_start(k);
		}
		break;
	case MESSAGE_PROMOTED:
		k->promoted = true;
		reckon_promoted(k);
		watchdog_look_all(k);
		fetch_serving(k);
		if (k->config->memory > 0)
			k->weigh_at = clock_now();
		break;
	case MESSAGE_GROW:
		places_grow(k, m->code, m->value);
		break;
	case MESSAGE_RETIRE:
		places_retire(k, m->code, m->value);
		break;
	case MESSAGE_DRAIN:
		ask_with(k, m->code & ~DRAIN_SHARED);
		leave_begin(k, m->value, (m->code & DRAIN_SHARED) != 0);
		break;
	case MESSAGE_STOP:
		ask_with(k, m->code);
		leave_stop(k);
		break;
	case MESSAGE_KILL:
		leave_kill(k);
		break;
	case MESSAGE_CARRY_TO:
		passage_to(k, take(fd));
		break;
	case MESSAGE_CARRY_FROM:
		passage_from(k, take(fd));
		break;
	case MESSAGE_NAME:
		stored_name(k, m->text);
		break;
	case MESSAGE_STORED:
		stored_add(k, m->text, m->value, *fd);
		break;
	case MESSAGE_UNSTORED:
		stored_drop(k, m->value);
		break;
	case MESSAGE_SIGNAL:
		signals_forward(k, m->code);
		if (m->value != 0)
			leave_hurry(k);
		break;
	default:
		break;
	}
}

void
orders_hear(struct keeper *k)
{
	struct message m;
	int fd = -1, got = wire_receive(ROLE_CHANNEL, &m, &fd);

	if (got == 1)
		obey(k, &m, &fd);
	else if (got == 0 || errno != EAGAIN)	/* PID 1 is gone, and with it the service */
		leave_kill(k);
	fd_close(&fd);
}
