/* control.c - the control socket. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/building.h"
#include "init/command.h"
#include "init/control.h"
#include "init/init.h"
#include "init/permit.h"

/* --- where it is ------------------------------------------------------------------------------ */

static void
add_path(struct control_place *places, int *count, const char *directory, const char *file)
{
	struct control_place *p = &places[*count];

	memset(p, 0, sizeof(*p));
	p->address.sun_family = AF_UNIX;
	if ((size_t)snprintf(p->text, sizeof(p->text), "%s%s", directory, file) >=
	    sizeof(p->address.sun_path))
		return;
	text_copy(p->address.sun_path, sizeof(p->address.sun_path), p->text);
	p->length = sizeof(p->address);
	(*count)++;
}

/* A name nobody else has: abstract names are shared by all who share the network. */
static void
add_abstract(struct control_place *places, int *count)
{
	struct control_place *p = &places[*count];
	char namespace[64] = "";
	ssize_t n = readlink("/proc/self/ns/pid", namespace, sizeof(namespace) - 1);
	int length;

	namespace[n > 0 ? n : 0] = '\0';
	memset(p, 0, sizeof(*p));
	p->address.sun_family = AF_UNIX;
	length = snprintf(p->address.sun_path + 1, sizeof(p->address.sun_path) - 1,
	    "baton/%s/control", namespace);
	snprintf(p->text, sizeof(p->text), "@%s", p->address.sun_path + 1);
	p->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	(*count)++;
}

static void
parent_of(char *to, size_t size, const char *path)
{
	char *slash;

	text_copy(to, size, path);
	slash = strrchr(to, '/');
	if (slash != NULL)
		*slash = '\0';
	else
		text_copy(to, size, ".");
}

int
control_places(struct control_place places[CONTROL_PLACES], const char *configured,
    const char *releases)
{
	char mine[64], above[100];
	int count = 0;

	if (configured != NULL) {
		add_path(places, &count, configured, "");
		return count;
	}
	add_path(places, &count, "/run/baton", "/control.sock");
	snprintf(mine, sizeof(mine), "/tmp/baton-%u", (unsigned)geteuid());
	add_path(places, &count, mine, "/control.sock");
	if (releases != NULL) {
		parent_of(above, sizeof(above), releases);
		add_path(places, &count, above, "/control.sock");
	}
	add_abstract(places, &count);
	return count;
}

/* The directory of a socket file: made if it can be, ours, and not for others to enter. */
static void
make_directory(const char *path)
{
	char directory[120];

	parent_of(directory, sizeof(directory), path);
	mkdir(directory, 0700);
}

/* Is it the socket of somebody who is no more? Then its file only stands in the way. */
static void
remove_stale(const struct control_place *p)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return;
	if (connect(fd, (const struct sockaddr *)&p->address, p->length) == -1 &&
	    errno == ECONNREFUSED)
		unlink(p->address.sun_path);
	fd_close(&fd);
}

static int
listen_at(const struct control_place *p)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;

	if (fd == -1)
		return -1;
	if (p->address.sun_path[0] != '\0') {
		make_directory(p->address.sun_path);
		remove_stale(p);
	}
	mask = umask(0177);
	if (bind(fd, (const struct sockaddr *)&p->address, p->length) == -1 ||
	    listen(fd, CLIENTS) == -1)
		fd_close(&fd);
	umask(mask);
	return fd;
}

int
control_open(const char *configured, const char *releases, struct control_place *made)
{
	struct control_place places[CONTROL_PLACES];
	int count = control_places(places, configured, releases), i, fd;

	for (i = 0; i < count; i++) {
		if ((fd = listen_at(&places[i])) == -1)
			continue;
		*made = places[i];
		return fd;
	}
	log_line(LOG_WARNING, "cannot open a control socket, %s was the last place tried: %m; "
	    "`baton status` and the like will not reach this init", places[count - 1].text);
	return -1;
}

/* --- who is there ----------------------------------------------------------------------------- */

static bool
may_ask(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid());
}

static struct client *
free_client(struct init *init)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		if (init->state.clients[i].socket == -1)
			return &init->state.clients[i];
	return NULL;
}

static void
finish(struct client *c, int code, const char *why)
{
	struct message m = { .type = MESSAGE_DONE, .code = code };

	text_copy(m.text, sizeof(m.text), why);
	wire_send(c->socket, &m, -1);
	fd_close(&c->socket);
}

void
control_accept(struct init *init)
{
	int fd = accept4(init->control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c, turned_away = { .socket = fd };

	if (fd == -1)
		return;
	if (!may_ask(fd)) {
		finish(&turned_away, EXIT_FAILED, "only root and baton's own user may ask");
		return;
	}
	if ((c = free_client(init)) == NULL) {
		finish(&turned_away, EXIT_BUSY, "too many clients at once");
		return;
	}
	*c = (struct client){ .socket = fd };
}

/* --- what they ask ---------------------------------------------------------------------------- */

static void
answer_status(struct init *init, struct client *c)
{
	struct message m = { .type = MESSAGE_STATUS };
	int copy;

	init->state.now = clock_now();
	copy = fd_sealed("status", &init->state, sizeof(init->state));
	if (copy == -1)
		finish(c, EXIT_FAILED, "no memory for the status");
	else
		wire_send(c->socket, &m, copy);
	fd_close(&copy);
}

/* Wait for the handoff that the event just raised will lead to. */
static void
await_handoff(struct init *init, struct client *c)
{
	if (c->flags & ASK_NOW)
		init_event(init, (struct event){ .type = EVENT_HURRY });
	c->waits = c->flags & ASK_NO_WAIT ? WAIT_NOTHING : WAIT_HANDOFF;
	c->turn = UINT32_MAX;		/* until the event is stepped nobody knows which it is */
	init_settle(init);
	c->turn = init->state.service.turn;
	if (c->socket != -1 && c->waits == WAIT_NOTHING)
		finish(c, EXIT_DONE, "");
	control_settle(init);
}

static void
ask_reload(struct init *init, struct client *c)
{
	if (init->state.service.turn == 0) {
		finish(c, EXIT_FAILED, "nothing serves yet: the first build is not done");
		return;
	}
	init_event(init, (struct event){ .type = EVENT_WANTED });
	await_handoff(init, c);
}

static void
ask_build(struct init *init, struct client *c)
{
	if (building_ask(init, "asked by hand") == -1) {
		finish(c, EXIT_FAILED, "nothing builds here: BATON_BUILD is not set, or the "
		    "watcher is not up");
		return;
	}
	if (c->flags & ASK_NO_WAIT) {
		finish(c, EXIT_DONE, "");
		return;
	}
	c->build = 0;
	c->waits = WAIT_BUILD;
}

static void
ask_rollback(struct init *init, struct client *c, int32_t release)
{
	if (!service_can_rollback(&init->state.service, release)) {
		finish(c, EXIT_FAILED, "nothing served before that it could go back to");
		return;
	}
	init_event(init, (struct event){ .type = EVENT_ROLLBACK, .release = release });
	await_handoff(init, c);
}

static bool
is_ready(const struct init *init)
{
	const struct service *s = &init->state.service;

	return s->live != 0 && !s->stopping;
}

static void
ask(struct init *init, struct client *c, const struct message *m)
{
	c->flags = m->code;
	switch (m->type) {
	case MESSAGE_ASK_STATUS:
		answer_status(init, c);
		break;
	case MESSAGE_ASK_RELOAD:
		ask_reload(init, c);
		break;
	case MESSAGE_ASK_BUILD:
		ask_build(init, c);
		break;
	case MESSAGE_ASK_ROLLBACK:
		ask_rollback(init, c, m->release);
		break;
	case MESSAGE_ASK_READY:
		finish(c, is_ready(init) ? EXIT_DONE : EXIT_FAILED,
		    service_shown(&init->state.service));
		break;
	case MESSAGE_ASK_LIVE:
		finish(c, EXIT_DONE, "");
		break;
	default:
		finish(c, EXIT_FAILED, "this version has no canary to promote");
		break;
	}
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
	if (got == 1 && permit(PEER_CLIENT, &m, fd))
		ask(init, c, &m);
	else
		fd_close(&c->socket);
	fd_close(&fd);
}

/* --- what they wait for ----------------------------------------------------------------------- */

void
control_step(struct init *init, const char *text, int fd)
{
	struct message m = { .type = MESSAGE_STEP };
	int i;

	text_copy(m.text, sizeof(m.text), text);
	for (i = 0; i < CLIENTS; i++) {
		struct client *c = &init->state.clients[i];

		if (c->socket != -1 && c->waits != WAIT_NOTHING &&
		    wire_send(c->socket, &m, fd) == -1)
			fd_close(&c->socket);
	}
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
	const struct service *s = &init->state.service;
	bool serves = s->settled >= c->turn && s->failed_turn < c->turn;

	/* who asks for a handoff may look at BATON_LIVE next */
	serves = serves && init->state.publish_next == 0 && init->state.store.pid == 0;
	if (c->waits == WAIT_HANDOFF && serves) {
		if (c->flags & ASK_DRAINED)
			c->waits = WAIT_DRAINED;
		else
			finish(c, EXIT_DONE, "");
	} else if (c->waits == WAIT_HANDOFF && s->failed_turn >= c->turn) {
		if (init->state.failure_complete)
			finish(c, EXIT_FAILED, init->state.last_failure);
	} else if (s->stopping) {
		finish(c, EXIT_FAILED, "baton is ending");
	}
	if (c->socket != -1 && c->waits == WAIT_DRAINED && all_drained(s))
		finish(c, EXIT_DONE, "");
}

void
control_settle(struct init *init)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		if (init->state.clients[i].socket != -1 &&
		    init->state.clients[i].waits != WAIT_NOTHING)
			settle_client(init, &init->state.clients[i]);
}

void
control_build_began(struct init *init, int32_t number)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		if (init->state.clients[i].waits == WAIT_BUILD &&
		    init->state.clients[i].build == 0)
			init->state.clients[i].build = number;
}

void
control_build_ended(struct init *init, int32_t number, int code, uint32_t turn, const char *why)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		struct client *c = &init->state.clients[i];

		if (c->socket == -1 || c->waits != WAIT_BUILD || c->build != number)
			continue;
		if (turn == 0) {
			finish(c, code, why);
			continue;
		}
		c->turn = turn;
		c->waits = WAIT_HANDOFF;
	}
}
