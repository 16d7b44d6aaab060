/* probing.c - PID 1's side of the probe. */
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/perform.h"
#include "init/probing.h"
#include "init/report.h"

void
probing_begin(struct init *init, struct served *sv, uint32_t serial)
{
	char address[ADDRESS_TEXT], how[512];
	char *argv[] = { (char *)"baton", (char *)"probe", sv->name, address, how, NULL };

	/* without steering no connection can be private: that it listens must do */
	if (!init->state.steering || sv->listener_count == 0) {
		init_event(init, sv, (struct event){ .type = EVENT_PROBED, .serial = serial });
		return;
	}
	if (sv->probe.pid != 0) {	/* of an earlier candidate: it is gone soon */
		kill(sv->probe.pid, SIGKILL);
		sv->probe.serial = serial;
		sv->probe.release = -1;
		return;
	}
	address_print(address, &sv->listeners[0].address);
	snprintf(how, sizeof(how), "%s",
	    init_options(init, sv)->ready_path != NULL ? init_options(init, sv)->ready_path : "accept");
	sv->probe.serial = serial;
	sv->probe.release = 0;
	/* if that fails it was said: the candidate may still say READY=1 within its time */
	helpers_start(sv, HELPER_PROBE, argv);
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
on_from(struct served *sv, const struct message *m)
{
	const struct generation *g = service_look(&sv->service, sv->probe.serial);
	struct message go = { .type = MESSAGE_PROBE_GO };
	struct address from;

	if (g == NULL || m->code < 0 || m->code >= STEER_WIDTH || address_parse(&from, m->text) == -1)
		return;
	steer_probe(sv, g->slot, m->code, &from);
	wire_send(sv->probe.channel, &go, -1);
}

void
probing_hear(struct init *init, struct served *sv, const struct message *m, int fd)
{
	(void)fd;
	if (m->type == MESSAGE_PROBE_FROM)
		on_from(sv, m);
	else if (m->type == MESSAGE_PROBE_FAILED)
		report_probe(init, sv, sv->probe.serial, m->text);
	else
		init_event(init, sv, (struct event){ .type = EVENT_PROBED,
		    .serial = sv->probe.serial });
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
		init_event(init, sv, (struct event){ .type = EVENT_PROBED, .serial = serial });
		return;
	}
	/* 0: it was ended because nobody wants to know any more */
	if (serial != 0 && (again || !WIFEXITED(status)))
		probing_begin(init, sv, serial);
}

/* The candidate is not starting any more: whatever the probe would say comes too late. */
void
probing_settle(struct init *init, struct served *sv)
{
	struct helper *h = &sv->probe;
	const struct generation *g = service_look(&sv->service, h->serial);

	(void)init;
	if (h->pid == 0 || h->serial == 0 || (g != NULL && g->state == GENERATION_STARTING))
		return;
	h->serial = 0;
	kill(h->pid, SIGKILL);
}
