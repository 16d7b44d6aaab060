/* learning.c - the addresses of a service as its keepers know them. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/init.h"
#include "init/learning.h"
#include "init/spread.h"
#include "init/tier.h"

/* The socket of one worker, or the one that all share where the listener is not spread. */
static int
send_listener(const struct served *sv, const struct keeper_record *k, int index, int worker)
{
	const struct listener *l = &sv->listeners[index];
	const struct generation *g = service_look(&sv->service, k->serial);
	struct message m = { .type = MESSAGE_LISTENER, .serial = k->serial, .code = index,
		.value = l->width > 1 ? worker : -1 };

	if (g == NULL || worker < 0 || worker >= WORKERS) {
		errno = ESRCH;
		return -1;
	}
	address_print(m.text, &l->address);
	return wire_send(k->channel, &m, listener_socket(l, g->slot, worker));
}

int
learning_introduce(const struct served *sv, const struct keeper_record *k)
{
	int i, worker;

	for (i = 0; i < sv->listener_count; i++)
		for (worker = 0; worker < sv->listeners[i].width; worker++)
			if (send_listener(sv, k, i, worker) == -1)
				return -1;
	return 0;
}

static int
find_listener(const struct served *sv, const struct address *a)
{
	int i;

	for (i = 0; i < sv->listener_count; i++)
		if (address_equal(&sv->listeners[i].address, a))
			return i;
	return -1;
}

/* Make a listener of an address that a worker binds. Its index, or -1 with errno. */
static int
learn(struct init *init, struct served *sv, const struct address *a)
{
	struct listener *l = &sv->listeners[sv->listener_count];

	if (sv->listener_count == LISTENERS) {
		errno = ENOSPC;
		return -1;
	}
	tier_learn(init, sv);	/* that a worker's bind came here says that it can be answered */
	memset(l, 0, sizeof(*l));
	l->width = spread_width(init_options(init, sv));
	if (listener_open(l, a, init->state.steering ? sv->service.policy.slots : 0) == -1)
		return -1;
	listener_steer(l, &sv->steer);
	init_event(init, sv, (struct event){ .type = EVENT_LISTENING });
	return sv->listener_count++;
}

void
learning_bind(struct init *init, struct served *sv, struct keeper_record *k,
    const struct message *m)
{
	struct message no = { .type = MESSAGE_LISTENER, .serial = k->serial, .code = -1 };
	struct address a;
	int index;

	text_copy(no.text, sizeof(no.text), m->text);
	if (address_parse(&a, m->text) == -1) {
		wire_send(k->channel, &no, -1);
		return;
	}
	if ((index = find_listener(sv, &a)) == -1 && (index = learn(init, sv, &a)) == -1) {
		log_line(LOG_WARNING, "cannot take %s over: %m; the worker binds it by itself",
		    m->text);
		wire_send(k->channel, &no, -1);
		return;
	}
	if (send_listener(sv, k, index, m->code) == -1)
		wire_send(k->channel, &no, -1);
}
