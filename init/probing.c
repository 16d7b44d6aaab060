/* probing.c - PID 1's side of the probe. */
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/perform.h"
#include "init/probing.h"
#include "init/report.h"

void
probing_begin(struct init *init, uint32_t serial)
{
	struct state *st = &init->state;
	char address[ADDRESS_TEXT], how[512];
	char *argv[] = { (char *)"baton", (char *)"probe", address, how, NULL };

	/* without steering no connection can be private: that it listens must do */
	if (!st->steering || st->listener_count == 0) {
		init_event(init, (struct event){ .type = EVENT_PROBED, .serial = serial });
		return;
	}
	if (st->probe.pid != 0) {	/* of an earlier candidate: it is gone soon */
		kill(st->probe.pid, SIGKILL);
		st->probe.serial = serial;
		st->probe.release = -1;
		return;
	}
	address_print(address, &st->listeners[0].address);
	snprintf(how, sizeof(how), "%s",
	    init->options->ready_path != NULL ? init->options->ready_path : "accept");
	st->probe.serial = serial;
	st->probe.release = 0;
	/* if that fails it was said: the candidate may still say READY=1 within its time */
	helpers_start(init, HELPER_PROBE, argv);
}

static void
steer_probe(struct init *init, int slot, const struct address *from)
{
	struct steer *steer = &init->state.steer;

	steer->probe_slot = slot;
	if (from != NULL)
		steer->probe = *from;
	perform_steering(init);
}

static void
on_from(struct init *init, const struct message *m)
{
	const struct generation *g = service_look(&init->state.service, init->state.probe.serial);
	struct message go = { .type = MESSAGE_PROBE_GO };
	struct address from;

	if (g == NULL || address_parse(&from, m->text) == -1)
		return;
	steer_probe(init, g->slot, &from);
	wire_send(init->state.probe.channel, &go, -1);
}

void
probing_hear(struct init *init, const struct message *m, int fd)
{
	(void)fd;
	if (m->type == MESSAGE_PROBE_FROM)
		on_from(init, m);
	else if (m->type == MESSAGE_PROBE_FAILED)
		report_probe(init, init->state.probe.serial, m->text);
	else
		init_event(init, (struct event){ .type = EVENT_PROBED,
		    .serial = init->state.probe.serial });
}

void
probing_ended(struct init *init, int status)
{
	struct helper *h = &init->state.probe;
	uint32_t serial = h->serial;
	bool again = h->release == -1;

	if (init->state.steer.probe_slot != -1)
		steer_probe(init, -1, NULL);
	h->serial = 0;
	/* 0: it was ended because nobody wants to know any more */
	if (serial != 0 && (again || !WIFEXITED(status)))
		probing_begin(init, serial);
}

/* The candidate is not starting any more: whatever the probe would say comes too late. */
void
probing_settle(struct init *init)
{
	struct helper *h = &init->state.probe;
	const struct generation *g = service_look(&init->state.service, h->serial);

	if (h->pid == 0 || h->serial == 0 || (g != NULL && g->state == GENERATION_STARTING))
		return;
	h->serial = 0;
	kill(h->pid, SIGKILL);
}
