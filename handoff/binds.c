/* binds.c - which slot, if any, a worker's bind is answered with. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "handoff/keep.h"
#include "handoff/unix.h"

void
binds_announce(struct keeper *k)
{
	int i;

	for (i = k->first; i < k->end; i++)
		if (!k->workers[i].bound)
			return;
	workers_announce(k);
}

/* PID 1 is told of each worker once, and of each address: those are what the generation serves. */
static void
tell_adopted(struct keeper *k, int index, int socket)
{
	struct worker *w = &k->workers[index];
	char text[ADDRESS_TEXT];
	int i;

	for (i = 0; i < k->slot_count; i++) {
		struct slot *s = &k->slots[i];

		if (s->sockets[index] != socket || (w->bound && s->given))
			continue;
		address_print(text, &s->address);
		keep_tell(k, MESSAGE_ADOPTED, ADOPTED_INJECT, w->pid, text, -1);
		s->given = true;
	}
}

static void
give(struct keeper *k, int index, const struct bind_call *call, int slot)
{
	struct worker *w = &k->workers[index];
	char text[ADDRESS_TEXT];
	struct wish wish = wishes_of(k, call);

	address_print(text, &call->address);
	wishes_grant(k, index, &wish, slot);
	if (adopt_give(w->notify, call, slot) == -1) {
		if (errno != ENOENT)	/* cancelled by a signal: it binds again */
			log_line(LOG_WARNING, "generation %u: worker %d binds %s by itself: its "
			    "socket cannot be replaced: %m", k->config->serial, index, text);
		return;
	}
	terminal_give_back(k);
	k->injected = true;
	tell_adopted(k, index, slot);
	w->bound = true;
	binds_announce(k);
}

static int
slot_of(const struct keeper *k, const struct address *asked, int worker)
{
	int i;

	for (i = 0; i < k->slot_count; i++)
		if (address_equal(&k->slots[i].address, asked))
			return k->slots[i].sockets[worker];
	return -1;
}

/*
 * [::]:80 stands in for 0.0.0.0:80, and the other way round. The worker then sees addresses of a
 * family that it did not ask for, so this is said, once.
 */
static int
slot_covering(const struct keeper *k, const struct address *asked, int worker)
{
	static bool said;
	char text[ADDRESS_TEXT], other[ADDRESS_TEXT];
	int i;

	for (i = 0; i < k->slot_count; i++)
		if (address_covers(&k->slots[i].address, asked))
			break;
	if (i == k->slot_count)
		return -1;
	address_print(text, asked);
	address_print(other, &k->slots[i].address);
	if (!said)
		log_line(LOG_INFO, "generation %u: a worker that binds %s is given %s",
		    k->config->serial, text, other);
	said = true;
	return k->slots[i].sockets[worker];
}

/* The slot on just this address, else, of declared ones, one that covers it; -1 for none. */
static int
slot_for(const struct keeper *k, const struct address *asked, int worker)
{
	int slot = slot_of(k, asked, worker);

	return slot != -1 || k->config->learn ? slot : slot_covering(k, asked, worker);
}

static struct asked *
find_free(struct keeper *k)
{
	int i;

	for (i = 0; i < KEEP_ASKED; i++)
		if (k->asked[i].worker == DRAIN_NOBODY)
			return &k->asked[i];
	return NULL;
}

bool
binds_room(const struct keeper *k)
{
	int i;

	for (i = 0; i < KEEP_ASKED; i++)
		if (k->asked[i].worker == DRAIN_NOBODY)
			return true;
	return false;
}

void
binds_forget(struct keeper *k, int index)
{
	int i;

	for (i = 0; i < KEEP_ASKED; i++)
		if (k->asked[i].worker == index)
			k->asked[i].worker = DRAIN_NOBODY;
}

/* The worker waits in its call while PID 1 makes a listener of the address. */
static void
ask(struct keeper *k, int index, const struct bind_call *call, struct asked *a)
{
	bool path = call->address.family == AF_UNIX;

	a->worker = index;
	a->call = *call;
	address_print(a->text, &call->address);
	keep_tell(k, MESSAGE_BIND, index, path ? call->umask : wishes_of(k, call).v6only, a->text,
	    -1);
}

/* Its own bind follows, which fails where the slots hold the address: say whose doing that is. */
static void
cannot_read(const struct keeper *k, int index, int code)
{
	static bool said;

	if (said)
		return;
	if (code == ENXIO)
		log_line(LOG_INFO, "generation %u: worker %d binds an abstract UNIX name, which cannot "
		    "be handed over: it keeps it; a path could be", k->config->serial, index);
	else if (code == ENAMETOOLONG)
		log_line(LOG_WARNING, "generation %u: worker %d binds a path of more than %d bytes, "
		    "which leaves no room for slots beside it: it keeps it", k->config->serial,
		    index, ADDRESS_PATH_MOST - UNIX_SUFFIX);
	else	/* where there are no slots nothing will fail */
		log_line(k->slot_count > 0 ? LOG_WARNING : LOG_DEBUG, "generation %u: cannot "
		    "read what worker %d binds: %s", k->config->serial, index, strerror(code));
	said = true;
}

void
binds_consider(struct keeper *k, int index, const struct trap_call *asked)
{
	struct worker *w = &k->workers[index];
	struct asked *place = find_free(k);
	struct bind_call call;
	int slot, got = adopt_consider(w->notify, asked, &call);

	if (got == 0 && errno != 0)
		cannot_read(k, index, errno);
	if (got != 1)
		return;
	if ((slot = slot_for(k, &call.address, index)) != -1)
		give(k, index, &call, slot);
	else if (k->config->learn && k->phase == KEEP_RUNNING && place != NULL)
		ask(k, index, &call, place);
	else
		trap_go_on(w->notify, call.id);
}

void
binds_answer(struct keeper *k, const char *text, int worker)
{
	int i, slot;

	for (i = 0; i < KEEP_ASKED; i++) {
		struct asked *a = &k->asked[i];
		int index = a->worker;

		if (index == DRAIN_NOBODY || strcmp(a->text, text) != 0 ||
		    (worker != DRAIN_NOBODY && worker != index))
			continue;
		a->worker = DRAIN_NOBODY;
		slot = slot_of(k, &a->call.address, index);
		/* PID 1 could not listen there: because a slot of ours already does, perhaps */
		if (slot == -1)
			slot = slot_covering(k, &a->call.address, index);
		if (slot != -1)
			give(k, index, &a->call, slot);
		else
			trap_go_on(k->workers[index].notify, a->call.id);
	}
}
