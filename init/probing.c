/* probing.c - PID 1's side of the probe. */
#include <sys/socket.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "handoff/canary.h"
#include "handoff/unix.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/perform.h"
#include "init/probing.h"
#include "init/report.h"
#include "init/spread.h"

/* Does this generation serve there? What was declared it has to; what was learned, if it binds it. */
static bool
is_target(const struct served *sv, const struct keeper_record *k, int index)
{
	const struct listener *l = &sv->listeners[index];

	if (strchr(l->address.path, ',') != NULL)	/* it could not be told to the probe */
		return false;
	return l->declared || k == NULL || k->bound == 0 || (k->bound & UINT64_C(1) << index) != 0;
}

static void
add_target(const struct address *a, char *list, size_t size)
{
	char text[ADDRESS_TEXT];

	address_print(text, a);
	text_append(list, size, "%s%s", list[0] != '\0' ? "," : "", text);
}

/*
 * What is asked for one listener. Its own address, if it has one; where it takes all, the loopback
 * address, and for a socket of both families both, if there is one of IPv6. Of a UNIX listener the
 * generation's slot has a name of its own.
 */
static void
add_listener(const struct listener *l, int slot, char *list, size_t size)
{
	struct address v4 = address_reachable(&l->address), v6 = address_loopback6(l->address.port);
	bool any = address_is_wildcard(&l->address);

	if (l->address.family == AF_UNIX) {
		unix_slot(&v4, &l->address, slot);
		add_target(&v4, list, size);
		return;
	}
	if (!any || l->address.family == AF_INET || listener_takes_ipv4(l))
		add_target(&v4, list, size);
	if (any && l->address.family == AF_INET6 && listener_is_local(&v6))
		add_target(&v6, list, size);
}

/* Bits: the listeners that it is to be asked at, as far as they are known by now. */
static uint64_t
targets_of(struct served *sv, uint32_t serial)
{
	const struct keeper_record *k = keepers_find(sv, serial);
	uint64_t bits = 0;
	int i;

	for (i = 0; i < sv->listener_count; i++)
		if (is_target(sv, k, i))
			bits |= UINT64_C(1) << i;
	return bits;
}

static void
list_targets(const struct served *sv, uint64_t bits, int slot, char *list, size_t size)
{
	int i;

	list[0] = '\0';
	for (i = 0; i < sv->listener_count; i++)
		if (bits & UINT64_C(1) << i)
			add_listener(&sv->listeners[i], slot, list, size);
}

/* As role_probe() reads it. A canary is watched by connections, whatever made it ready. */
static void
describe(const struct init *init, const struct served *sv, uint32_t serial, char *how, size_t size)
{
	const struct options *o = init_options(init, sv);
	const struct generation *g = service_look(&sv->service, serial);

	if (o->ready == OPTION_READY_EXEC && !sv->probe.watches)
		snprintf(how, size, "exec %u %d %d", serial, g != NULL ? g->release : 0,
		    init->state.steering);
	else
		snprintf(how, size, "%s", o->ready == OPTION_READY_DELAY && !sv->probe.watches ?
		    "delay" :
		    o->ready_path != NULL ? o->ready_path : "accept");
}

static bool
needs_no_connection(const struct init *init, const struct served *sv)
{
	int ready = init_options(init, sv)->ready;

	return ready == OPTION_READY_EXEC || ready == OPTION_READY_DELAY;
}

static void
passed(struct init *init, struct served *sv, uint32_t serial, int order)
{
	init_event(init, sv, (struct event){ .type = EVENT_PROBED, .serial = serial, .code = order });
}

static void
remember(const struct init *init, struct served *sv, const struct probed *who, bool watches)
{
	sv->probe.watches = watches;
	sv->probe.asked = targets_of(sv, who->serial);
	sv->probe.serial = who->serial;
	sv->probe.order = who->order;
	sv->probe.first = who->first;
	sv->probe.end = who->end > 0 ? who->end : spread_width(init_options(init, sv));
}

static void
start(struct init *init, struct served *sv, const struct probed *who, bool watches)
{
	enum { TARGETS = 2 * LISTENERS };
	char targets[TARGETS * ADDRESS_TEXT], how[1100], first[16], end[16];
	char *argv[] = { (char *)"baton", (char *)"probe", sv->name, targets, how, first, end,
		watches ? (char *)"watch" : NULL, NULL };
	const struct generation *g = service_look(&sv->service, who->serial);

	remember(init, sv, who, watches);
	if (sv->probe.pid != 0) {	/* of an earlier candidate: it is gone soon */
		kill(sv->probe.pid, SIGKILL);
		sv->probe.release = -1;
		return;
	}
	list_targets(sv, sv->probe.asked, g != NULL ? g->slot : 0, targets, sizeof(targets));
	describe(init, sv, who->serial, how, sizeof(how));
	snprintf(first, sizeof(first), "%d", sv->probe.first);
	snprintf(end, sizeof(end), "%d", sv->probe.end);
	sv->probe.release = 0;
	/* if that fails it was said: the candidate may still say READY=1 within its time */
	helpers_start(sv, HELPER_PROBE, argv);
}

void
probing_begin(struct init *init, struct served *sv, const struct probed *who)
{
	/* without steering no connection can be private: that it listens must do */
	if ((!init->state.steering || targets_of(sv, who->serial) == 0) &&
	    !needs_no_connection(init, sv))
		passed(init, sv, who->serial, who->order);
	else
		start(init, sv, who, false);
}

void
probing_watch(struct init *init, struct served *sv, uint32_t serial)
{
	if (init->state.steering && targets_of(sv, serial) != 0)
		start(init, sv, &(struct probed){ .serial = serial }, true);
}

static void
fail_canary(struct init *init, struct served *sv, const char *why)
{
	uint32_t serial = sv->probe.serial;

	report_canary_failed(init, sv, serial, why);
	init_event(init, sv, (struct event){ .type = EVENT_PROBE_FAILED, .serial = serial });
}

/* A worker can take its slot out of the group: nobody would come there. */
static void
check_slot(struct init *init, struct served *sv, int slot)
{
	int shut = 0, i;

	for (i = 0; i < sv->listener_count; i++)
		shut += listener_check(&sv->listeners[i], slot);
	if (shut > 0)
		fail_canary(init, sv, "a worker has shut its listening socket down");
}

static void
steer_probe(struct served *sv, int slot, int worker, const struct address *from)
{
	struct steer *steer = &sv->steer;

	steer->probe_slot = slot;
	steer->probe_worker = worker;
	if (from != NULL)
		steer->probe = *from;
	perform_steering(sv);
}

static void
on_from(struct init *init, struct served *sv, const struct message *m)
{
	const struct generation *g = service_look(&sv->service, sv->probe.serial);
	struct message go = { .type = MESSAGE_PROBE_GO };
	struct address from;

	if (g == NULL || m->code < 0 || m->code >= STEER_WIDTH || address_parse(&from, m->text) == -1)
		return;
	if (sv->probe.watches)
		check_slot(init, sv, g->slot);
	steer_probe(sv, g->slot, m->code, &from);
	wire_send(sv->probe.channel, &go, -1);
}

void
probing_hear(struct init *init, struct served *sv, const struct message *m, int fd)
{
	(void)fd;
	if (sv->probe.release == -1)	/* about somebody else: it ends, and another one begins */
		return;
	if (m->type == MESSAGE_PROBE_FROM)
		on_from(init, sv, m);
	else if (m->type == MESSAGE_PROBE_FAILED && sv->probe.watches)
		fail_canary(init, sv, m->text);
	else if (m->type == MESSAGE_PROBE_FAILED)
		report_probe(init, sv, sv->probe.serial, m->text);
	else if (targets_of(sv, sv->probe.serial) != sv->probe.asked)
		sv->probe.release = -1;		/* it has bound more meanwhile: all over again */
	else
		passed(init, sv, sv->probe.serial, sv->probe.order);
}

void
probing_ended(struct init *init, struct served *sv, int status)
{
	struct helper *h = &sv->probe;
	uint32_t serial = h->serial;
	bool again = h->release == -1;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	if (sv->steer.probe_slot != -1)
		steer_probe(sv, -1, 0, NULL);
	h->serial = 0;
	if (serial != 0 && (code == EXIT_NO_PLACE || code == EXIT_NO_EXEC)) {
		log_line(LOG_WARNING, "generation %u: cannot be probed: that it listens has to do",
		    serial);
		passed(init, sv, serial, h->order);
		return;
	}
	/* 0: it was ended because nobody wants to know any more */
	if (serial != 0 && (again || !WIFEXITED(status)))
		start(init, sv, &(struct probed){ serial, h->first, h->end, h->order }, h->watches);
}

/* Is it still asked what it is asked for? */
static bool
is_wanted(const struct served *sv)
{
	const struct service *s = &sv->service;
	const struct generation *g = service_look(s, sv->probe.serial);

	if (sv->probe.watches)
		return canary_now(s) != NULL && s->candidate == sv->probe.serial;
	return (g != NULL && g->state == GENERATION_STARTING) ||
	    rolling_awaits(s, sv->probe.serial);
}

/* Not any more: whatever the probe would say comes too late. */
void
probing_settle(struct init *init, struct served *sv)
{
	struct helper *h = &sv->probe;

	if (h->pid == 0 || h->serial == 0 || is_wanted(sv))
		return;
	h->serial = 0;
	if (init_options(init, sv)->ready == OPTION_READY_EXEC && !h->watches)
		fd_close(&h->channel);	/* then it ends, and what it runs */
	else
		kill(h->pid, SIGKILL);
}
