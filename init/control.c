/* control.c - the control socket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "handoff/canary.h"
#include "init/building.h"
#include "init/clients.h"
#include "init/command.h"
#include "init/control.h"
#include "init/init.h"
#include "init/permit.h"
#include "init/place.h"
#include "init/report.h"

/* --- what they ask ---------------------------------------------------------------------------- */

/* What keepers show of the connections of who drains; a client that does not read them misses them. */
static void
send_connections(const struct init *init, const struct client *c)
{
	struct message m = { .type = MESSAGE_CONNECTIONS };
	int i, j;

	for (i = 0; i < init->state.service_count; i++)
		for (j = 0; j < GENERATIONS; j++) {
			const struct keeper_record *k = &init->state.services[i].keepers[j];

			if (k->serial == 0 || k->roll == -1)
				continue;
			m.serial = k->serial;
			m.code = i;
			wire_send(c->socket, &m, k->roll);
		}
}

static void
answer_status(struct init *init, struct client *c)
{
	struct message m = { .type = MESSAGE_STATUS };
	char why[MESSAGE_TEXT];
	int copy;

	if (c->flags & ASK_CONNECTIONS)
		send_connections(init, c);
	init->state.now = clock_now();
	copy = fd_sealed("status", &init->state, init->state.size);
	if (copy == -1) {
		snprintf(why, sizeof(why), "cannot copy the status: %s", strerror(errno));
		clients_finish(c, EXIT_FAILED, why);
	} else
		wire_send(c->socket, &m, copy);
	fd_close(&copy);
}

/* Wait for the handoff that the event just raised will lead to. */
static void
await_handoff(struct init *init, struct served *sv, struct client *c)
{
	if (c->flags & ASK_NOW)
		init_event(init, sv, (struct event){ .type = EVENT_HURRY });
	c->waits = c->flags & ASK_NO_WAIT ? WAIT_NOTHING : WAIT_HANDOFF;
	c->turn = UINT32_MAX;		/* until the event is stepped nobody knows which it is */
	init_settle(init);
	c->turn = sv->service.turn;
	if (c->socket != -1 && c->waits == WAIT_NOTHING)
		clients_finish(c, EXIT_DONE, "");
	control_settle(init);
}

static void
ask_reload(struct init *init, struct served *sv, struct client *c)
{
	if (sv->service.turn == 0) {
		clients_finish(c, EXIT_FAILED, "nothing serves yet: the first build is not done");
		return;
	}
	if (sv->service.policy.plain_ends && !sv->service.listening) {
		clients_finish(c, EXIT_FAILED, "this command has bound no address: there is nothing to "
		    "hand over");
		return;
	}
	init_event(init, sv, (struct event){ .type = EVENT_WANTED });
	await_handoff(init, sv, c);
}

static void
ask_build(struct init *init, struct served *sv, struct client *c)
{
	if (building_ask(init, sv, "asked by hand") == -1) {
		clients_finish(c, EXIT_FAILED, "nothing builds here: BATON_BUILD is not set, or the "
		    "watcher is not up");
		return;
	}
	if (c->flags & ASK_NO_WAIT) {
		clients_finish(c, EXIT_DONE, "");
		return;
	}
	c->build = 0;
	c->waits = WAIT_BUILD;
}

static void
ask_rollback(struct init *init, struct served *sv, struct client *c, int32_t release)
{
	if (!service_can_rollback(&sv->service, release)) {
		clients_finish(c, EXIT_FAILED, "nothing served before that it could go back to");
		return;
	}
	if (release == 0 && canary_now(&sv->service) != NULL)
		report_canary_failed(init, sv, sv->service.candidate, "taken back by hand");
	init_event(init, sv, (struct event){ .type = EVENT_ROLLBACK, .release = release });
	await_handoff(init, sv, c);
}

static void
ask_promote(struct init *init, struct served *sv, struct client *c)
{
	if (canary_now(&sv->service) == NULL) {
		clients_finish(c, EXIT_FAILED, "no generation is in its canary");
		return;
	}
	init_event(init, sv, (struct event){ .type = EVENT_PROMOTE });
	await_handoff(init, sv, c);
}

static void
ask_log(struct served *sv, struct client *c, int32_t number)
{
	if (building_show_log(sv, c->heard, number) == -1) {
		clients_finish(c, EXIT_FAILED, "nothing builds here, or the watcher is not up");
		return;
	}
	c->waits = WAIT_LOG;
}

static bool
is_ready(const struct served *sv)
{
	return sv->service.live != 0 && !sv->service.stopping;
}

/* Of all: those that baton cannot do without. */
static void
answer_ready(const struct init *init, const struct served *only, struct client *c)
{
	char text[MESSAGE_TEXT];
	int i;

	for (i = 0; i < init->state.service_count; i++) {
		const struct served *sv = &init->state.services[i];

		if ((only == NULL ? !sv->critical : only != sv) || is_ready(sv))
			continue;
		snprintf(text, sizeof(text), "%s%s%s", init->state.service_count > 1 ? sv->name : "",
		    init->state.service_count > 1 ? ": " : "", service_shown(&sv->service));
		clients_finish(c, EXIT_FAILED, text);
		return;
	}
	clients_finish(c, EXIT_DONE, "");
}

/* Whom a client means: by name, or the only one there is. */
static struct served *
find_served(struct init *init, const char *name)
{
	int i;

	for (i = 0; i < init->state.service_count; i++)
		if (strcmp(init->state.services[i].name, name) == 0)
			return &init->state.services[i];
	return name[0] == '\0' && init->state.service_count == 1 ? init->state.services : NULL;
}

static void
refuse_name(const struct init *init, struct client *c, const char *name)
{
	char text[MESSAGE_TEXT];
	int i;

	if (name[0] == '\0')
		text_copy(text, sizeof(text), "which service? One of");
	else
		snprintf(text, sizeof(text), "there is no service '%.20s': one of", name);
	for (i = 0; i < init->state.service_count; i++)
		text_append(text, sizeof(text), "%s %s", i == 0 ? "" : ",",
		    init->state.services[i].name);
	clients_finish(c, EXIT_USAGE, text);
}

/* What is asked of one service. */
static void
ask_of(struct init *init, struct served *sv, struct client *c, const struct message *m)
{
	c->service = (int)(sv - init->state.services);
	switch (m->type) {
	case MESSAGE_ASK_RELOAD:
		ask_reload(init, sv, c);
		break;
	case MESSAGE_ASK_BUILD:
		ask_build(init, sv, c);
		break;
	case MESSAGE_ASK_ROLLBACK:
		ask_rollback(init, sv, c, m->release);
		break;
	case MESSAGE_ASK_LOG:
		ask_log(sv, c, m->release);
		break;
	default:
		ask_promote(init, sv, c);
		break;
	}
}

static void
ask(struct init *init, struct client *c, const struct message *m, int fd)
{
	struct served *sv = find_served(init, m->text);

	c->flags = m->code;
	if (m->type == MESSAGE_ASK_STATUS)
		answer_status(init, c);
	else if (m->type == MESSAGE_ASK_LIVE)
		clients_finish(c, EXIT_DONE, "");
	else if (m->type == MESSAGE_ASK_UPGRADE)
		upgrade_ask(init, c, fd);
	else if (m->type == MESSAGE_ASK_READY && (sv != NULL || m->text[0] == '\0'))
		answer_ready(init, m->text[0] == '\0' ? NULL : sv, c);
	else if (sv == NULL)
		refuse_name(init, c, m->text);
	else
		ask_of(init, sv, c, m);
}

void
control_client(struct init *init, int index)
{
	struct client *c = &init->state.clients[index];
	struct message m;
	int fd = -1, got;

	if (c->socket == -1)
		return;
	got = wire_receive(c->socket, &m, &fd);
	if (got == -1 && errno == EAGAIN)
		return;
	c->heard = ++init->heard;
	if (got == 1 && permit(PEER_CLIENT, &m, fd))
		ask(init, c, &m, fd);
	else
		fd_close(&c->socket);
	fd_close(&fd);
}

/* --- what they wait for ----------------------------------------------------------------------- */

static bool
waits_for(const struct init *init, const struct client *c, const struct served *sv)
{
	return c->waits != WAIT_UPGRADE && &init->state.services[c->service] == sv;
}

static void
send_step(struct init *init, const struct served *sv, const struct message *m, int fd)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		struct client *c = &init->state.clients[i];

		if (c->socket != -1 && waits_for(init, c, sv) && c->waits != WAIT_NOTHING &&
		    c->waits != WAIT_LOG && c->waits != WAIT_LOGGED &&
		    wire_send(c->socket, m, fd) == -1)
			fd_close(&c->socket);
	}
}

void
control_step(struct init *init, const struct served *sv, const char *text, int fd)
{
	struct message m = { .type = MESSAGE_STEP };

	text_copy(m.text, sizeof(m.text), text);
	send_step(init, sv, &m, fd);
}

void
control_build_lines(struct init *init, const struct served *sv, int fd)
{
	const struct message m = {
		.type = MESSAGE_STEP, .value = 1, .text = "the last lines of the build:",
	};

	send_step(init, sv, &m, fd);
}

/* Does nobody drain or stop any more? */
static bool
all_drained(const struct service *s)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (s->generations[i].state == GENERATION_DRAINING ||
		    s->generations[i].state == GENERATION_STOPPING)
			return false;
	return true;
}

static void
settle_client(struct init *init, struct client *c)
{
	const struct served *sv = &init->state.services[c->service];
	const struct service *s = &sv->service;
	bool serves = s->settled >= c->turn && s->failed_turn < c->turn;

	/* who asks for a handoff may look at BATON_LIVE next */
	serves = serves && sv->publish_next == 0 && sv->store.pid == 0;
	if (c->waits == WAIT_HANDOFF && serves) {
		if (c->flags & ASK_DRAINED)
			c->waits = WAIT_DRAINED;
		else
			clients_finish(c, EXIT_DONE, "");
	} else if (c->waits == WAIT_HANDOFF && s->failed_turn >= c->turn) {
		if (sv->failure_complete)
			clients_finish(c, EXIT_FAILED, sv->last_failure);
	} else if (s->stopping) {
		clients_finish(c, EXIT_FAILED, "baton is ending");
	}
	if (c->socket != -1 && c->waits == WAIT_DRAINED && all_drained(s))
		clients_finish(c, EXIT_DONE, "");
}

void
control_settle(struct init *init)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		if (init->state.clients[i].socket != -1 &&
		    init->state.clients[i].waits != WAIT_NOTHING &&
		    init->state.clients[i].waits != WAIT_UPGRADE)
			settle_client(init, &init->state.clients[i]);
}

void
control_build_began(struct init *init, const struct served *sv, int32_t number, int fd)
{
	const struct message m = { .type = MESSAGE_LOG, .release = number, .value = 1 };
	int i;

	for (i = 0; i < CLIENTS; i++) {
		struct client *c = &init->state.clients[i];

		if (c->socket == -1 || !waits_for(init, c, sv) || c->waits != WAIT_BUILD ||
		    c->build != 0)
			continue;
		c->build = number;
		if (fd != -1 && wire_send(c->socket, &m, fd) == -1)
			fd_close(&c->socket);
	}
}

void
control_build_ended(struct init *init, const struct served *sv, int32_t number, int code,
    uint32_t turn, const char *why)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		struct client *c = &init->state.clients[i];

		if (c->socket == -1 || !waits_for(init, c, sv) || c->build != number)
			continue;
		if (c->waits == WAIT_LOGGED)
			clients_finish(c, EXIT_DONE, "");
		if (c->waits != WAIT_BUILD)
			continue;
		if (turn == 0) {
			clients_finish(c, code, why);
			continue;
		}
		c->turn = turn;
		c->waits = WAIT_HANDOFF;
	}
}

static void
show_log(struct client *c, const struct message *m, int fd)
{
	if (fd == -1) {
		clients_finish(c, EXIT_FAILED, m->text);
		return;
	}
	c->build = m->release;
	c->waits = WAIT_LOGGED;
	if (wire_send(c->socket, m, fd) == -1)
		fd_close(&c->socket);
	else if (m->value == 0 || !(c->flags & ASK_FOLLOW))
		clients_finish(c, EXIT_DONE, "");
}

void
control_log(struct init *init, const struct served *sv, const struct message *m, int fd)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		struct client *c = &init->state.clients[i];

		if (c->socket != -1 && c->waits == WAIT_LOG && waits_for(init, c, sv) &&
		    c->heard == m->serial)
			show_log(c, m, fd);
	}
}

void
control_watcher_ended(struct init *init, const struct served *sv)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		struct client *c = &init->state.clients[i];

		if (c->socket != -1 && c->waits == WAIT_LOG && waits_for(init, c, sv))
			clients_finish(c, EXIT_FAILED, "the watcher ended");
	}
}

void
control_close(struct init *init)
{
	const char *path = init->place.address.sun_path;

	if (init->control == -1)
		return;
	fd_close(&init->control);
	role_enter();		/* the path may be relative */
	if (path[0] != '\0')
		unlink(path);
}
