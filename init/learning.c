/* learning.c - the addresses of a service as its keepers know them. */
#include <sys/fsuid.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/user.h"
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

/*
 * A path is made as the worker would have made it: with its umask, and by BATON_USER, so that nobody
 * has PID 1 make files where he may not (the capabilities over files go with the uid of setfsuid(2)).
 */
static int
open_path(const struct init *init, struct served *sv, struct listener *l, const struct address *a,
    mode_t mask)
{
	const struct options *o = init_options(init, sv);
	struct user u = { .uid = geteuid(), .gid = getegid() };
	int slots = init->state.steering ? sv->service.policy.slots : 0, result = -1, kept;
	char why[160];
	mode_t own;

	if (o->user != NULL &&
	    user_find(&u, o->user, "/etc/passwd", "/etc/group", why, sizeof(why)) == -1) {
		errno = EPERM;
		return -1;
	}
	own = umask(mask & 0777);
	setfsgid(u.gid);
	setfsuid(u.uid);
	if (setfsuid((uid_t)-1) == (int)u.uid)
		result = listener_open(l, a, slots);
	else
		errno = EPERM;
	kept = errno;
	setfsuid(geteuid());
	setfsgid(getegid());
	umask(own);
	errno = kept;
	return result;
}

/* Make a listener of an address that a worker binds. Its index, or -1 with errno. */
static int
learn(struct init *init, struct served *sv, const struct address *a, int64_t value)
{
	int opened;

	struct listener *l = &sv->listeners[sv->listener_count];

	if (sv->listener_count == LISTENERS) {
		errno = ENOSPC;
		return -1;
	}
	/* it would have to be told to workers that are replaced one at a time */
	if (a->family == AF_UNIX && sv->service.policy.places > 0 && sv->service.live != 0) {
		errno = EOPNOTSUPP;
		return -1;
	}
	tier_learn(init, sv);	/* that a worker's bind came here says that it can be answered */
	memset(l, 0, sizeof(*l));
	l->width = spread_width(init_options(init, sv));
	listener_wish_nothing(&l->wish);
	l->wish.v6only = a->family == AF_INET6 && value == 1;
	opened = a->family == AF_UNIX ? open_path(init, sv, l, a, (mode_t)value) :
	    listener_open(l, a, init->state.steering ? sv->service.policy.slots : 0);
	if (opened == -1)
		return -1;
	if (a->family == AF_UNIX)
		spread_path(sv, init_options(init, sv), l->address.path);
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
	if ((index = find_listener(sv, &a)) == -1 && (index = learn(init, sv, &a, m->value)) == -1) {
		log_line(LOG_WARNING, "cannot take %s over: %m; the worker binds it by itself",
		    m->text);
		wire_send(k->channel, &no, -1);
		return;
	}
	if (send_listener(sv, k, index, m->code) == -1)
		wire_send(k->channel, &no, -1);
}
