/* clients.c - who is connected to the control socket. */
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/clients.h"
#include "init/command.h"
#include "init/init.h"

enum { LACK_MS = 100 };		/* how long nobody is accepted after there was no descriptor */

void
clients_finish(struct client *c, int code, const char *why)
{
	struct message m = { .type = MESSAGE_DONE, .code = code };

	text_copy(m.text, sizeof(m.text), why);
	wire_send(c->socket, &m, -1);
	fd_close(&c->socket);
}

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

/* Nobody keeps others out by sitting there: who waits for nothing makes room, silent ones first. */
static struct client *
make_room(struct init *init)
{
	struct client *c, *oldest = NULL;
	int i;

	for (i = 0; i < CLIENTS; i++) {
		c = &init->state.clients[i];
		if (c->socket != -1 && c->waits == WAIT_NOTHING &&
		    (oldest == NULL || c->heard < oldest->heard))
			oldest = c;
	}
	if (oldest != NULL)
		fd_close(&oldest->socket);
	return oldest;
}

/*
 * Without a descriptor left nobody can be accepted, and who waits would wake us for ever: a silent
 * client makes room, and while there is none, the next one waits for a while. The table of all the
 * machine's files may be what is full, so that nothing that happens here would tell of room.
 */
static void
lack_descriptors(struct init *init)
{
	if (errno == EMFILE || errno == ENFILE)
		init->control_at = make_room(init) == NULL ? clock_now() + LACK_MS : 0;
}

/* The lowest free number was taken: it tells how many are left for a status or a handoff. */
static bool
is_near_limit(int fd)
{
	enum { SPARE = 8 };
	struct rlimit most;

	return getrlimit(RLIMIT_NOFILE, &most) == 0 && (rlim_t)fd + SPARE >= most.rlim_cur;
}

void
clients_accept(struct init *init)
{
	int fd = accept4(init->control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c, turned_away = { .socket = fd };

	if (fd == -1) {
		lack_descriptors(init);
		return;
	}
	if (!may_ask(fd)) {
		clients_finish(&turned_away, EXIT_FAILED, "only root and baton's own user may ask");
		return;
	}
	if ((c = free_client(init)) == NULL && (c = make_room(init)) == NULL) {
		clients_finish(&turned_away, EXIT_BUSY, "too many clients wait already");
		return;
	}
	*c = (struct client){ .socket = fd, .heard = ++init->heard };
	if (is_near_limit(fd))
		make_room(init);
}
