/* call.c - one connection from a client to the running baton. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/call.h"
#include "init/command.h"
#include "init/place.h"
#include "init/rolls.h"

/*
 * At a place that was guessed: is it a baton, or did somebody else put a socket there first? Root's
 * baton, ours, and the user's who runs the container's first process count.
 */
static bool
is_trusted(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);
	struct stat first;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		return false;
	return peer.uid == 0 || peer.uid == geteuid() ||
	    (geteuid() == 0 && stat("/proc/1", &first) == 0 && peer.uid == first.st_uid);
}

static int
connect_to(const struct place *p, bool guessed)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&p->address, p->length) == 0 &&
	    (!guessed || is_trusted(fd)))
		return fd;
	fd_close(&fd);
	return -1;
}

/* Root in a container whose baton runs as somebody else finds it at that user's place. */
static int
connect_to_first_process(const char *configured)
{
	struct place places[PLACES];
	char path[64];
	struct stat first;

	if (configured != NULL || geteuid() != 0 || stat("/proc/1", &first) == -1)
		return -1;
	snprintf(path, sizeof(path), "/tmp/baton-%u/control.sock", (unsigned)first.st_uid);
	return place_list(places, path, NULL) > 0 ? connect_to(&places[0], true) : -1;
}

int
call_try(const struct options *o)
{
	struct place places[PLACES];
	int count = place_list(places, o->control, o->releases), i, fd = -1;

	for (i = 0; i < count && fd == -1; i++)
		fd = connect_to(&places[i], o->control == NULL);
	if (fd == -1)
		fd = connect_to_first_process(o->control);
	return fd;
}

int
call_open(const struct options *o)
{
	int fd = call_try(o);

	if (fd == -1 && o->control != NULL)
		log_line(LOG_ERROR, "no baton answers at BATON_CONTROL=%s", o->control);
	else if (fd == -1)
		log_line(LOG_ERROR, "no baton answers here");
	return fd;
}

int
call_ask(int socket, enum message_type type, const char *service, int32_t flags, int32_t release)
{
	struct message m = { .type = type, .code = flags, .release = release };

	text_copy(m.text, sizeof(m.text), service);
	if (wire_send(socket, &m, -1) == 0)
		return EXIT_DONE;
	log_line(LOG_ERROR, "cannot ask: %m");
	return EXIT_NO_INIT;
}

int
call_hear(int socket, struct message *m, int *fd, int patience)
{
	struct pollfd p = { .fd = socket, .events = POLLIN };
	msec deadline = patience == -1 ? CLOCK_NEVER : clock_now() + patience;
	int got;

	for (;;) {
		got = wire_receive(socket, m, fd);
		if (got == 1)
			return 1;
		if (got == 0 || errno != EAGAIN)
			break;
		if (poll(&p, 1, clock_patience(deadline, clock_now())) == 0)
			return 0;
	}
	log_line(LOG_ERROR, got == 0 ? "baton hung up before it was done" :
	    "baton speaks another language: %m");
	return -1;
}

/* The state is read as it is: only the same binary knows what it means. */
static int
read_state(int fd, struct state *to)
{
	ssize_t n = fd == -1 ? -1 : pread(fd, to, sizeof(*to), 0);

	if (n < (ssize_t)offsetof(struct state, services) ||
	    strncmp(to->version, BATON_VERSION, sizeof(to->version)) != 0 || n != to->size) {
		log_line(LOG_ERROR, "the running baton is another version than this one, "
		    BATON_VERSION);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int
call_state(int socket, struct state *to, struct rolls *rolls)
{
	struct message m;
	int fd = -1, got, result;

	result = call_ask(socket, MESSAGE_ASK_STATUS, "", ASK_CONNECTIONS, 0);
	if (result != EXIT_DONE)
		return result;
	while ((got = call_hear(socket, &m, &fd, CALL_PATIENCE_MS)) == 1 &&
	    m.type == MESSAGE_CONNECTIONS) {
		rolls_take(rolls, m.code, m.serial, fd);
		fd_close(&fd);
	}
	if (got == 0)
		log_line(LOG_ERROR, "baton did not answer within %d s", CALL_PATIENCE_MS / 1000);
	if (got != 1)
		return EXIT_NO_INIT;
	if (m.type == MESSAGE_STATUS) {
		result = read_state(fd, to);
	} else {
		log_line(LOG_ERROR, "%s", m.text);
		result = m.code != 0 ? m.code : EXIT_FAILED;
	}
	fd_close(&fd);
	return result;
}

pid_t
call_peer(int socket)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.pid : 0;
}
