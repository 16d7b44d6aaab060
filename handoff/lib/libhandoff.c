/* libhandoff.c - the worker's end of BATON_SOCKET. Part of a server: it prints nothing and ends nobody. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handoff.h"

enum { VERSION = 1, PATIENCE_MS = 5000, FDS_MOST = 253, REPLY = 64 * 1024, LINES = 4096 };

struct packet {
	char text[REPLY];
	size_t length;
	int count;
	int fds[FDS_MOST];
};

static void
shut(int *fd)
{
	int saved = errno;

	if (*fd != -1)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static void
clear(struct handoff *h)
{
	memset(h, 0, sizeof(*h));
	h->socket = -1;
}

/* --- packets ----------------------------------------------------------------------------------- */

/* "@name" is an abstract one (unix(7)). */
static int
dial(const char *where)
{
	struct sockaddr_un to;
	size_t length = strlen(where);
	int fd;

	memset(&to, 0, sizeof(to));
	to.sun_family = AF_UNIX;
	if ((where[0] != '/' && where[0] != '@') || length >= sizeof(to.sun_path)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(to.sun_path, where, length);
	if (where[0] == '@')
		to.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == -1)
		shut(&fd);
	return fd;
}

static int
send_text(int socket, const char *text, size_t length, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part;
	struct msghdr packet;
	struct cmsghdr *c;
	ssize_t n;

	if (socket == -1)
		return 0;
	memset(&packet, 0, sizeof(packet));
	memset(&control, 0, sizeof(control));
	part.iov_base = (void *)text;
	part.iov_len = length;
	packet.msg_iov = &part;
	packet.msg_iovlen = 1;
	if (fd != -1) {
		packet.msg_control = control.bytes;
		packet.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&packet);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(socket, &packet, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

static void
drop(struct packet *p, int from)
{
	while (p->count > from)
		shut(&p->fds[--p->count]);
}

static void
take_fds(struct packet *p, struct msghdr *packet)
{
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	for (c = CMSG_FIRSTHDR(packet); c != NULL; c = CMSG_NXTHDR(packet, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (p->count < FDS_MOST)
				p->fds[p->count++] = fd;
			else
				close(fd);
		}
	}
}

/* 1; 0 when nothing came within so long; -1 with errno, EPIPE when baton is gone. */
static int
receive(int socket, struct packet *p, int patience_ms)
{
	union {
		char bytes[CMSG_SPACE(FDS_MOST * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct pollfd wait = { socket, POLLIN, 0 };
	struct msghdr packet;
	struct iovec part;
	ssize_t n;

	memset(&packet, 0, sizeof(packet));
	part.iov_base = p->text;
	part.iov_len = sizeof(p->text) - 1;
	packet.msg_iov = &part;
	packet.msg_iovlen = 1;
	packet.msg_control = control.bytes;
	packet.msg_controllen = sizeof(control.bytes);
	p->count = 0;
	do
		n = poll(&wait, 1, patience_ms);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		return (int)n;
	do
		n = recvmsg(socket, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? 0 : -1;
	take_fds(p, &packet);
	p->length = (size_t)n;
	p->text[n] = '\0';
	if (n > 0 && (packet.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0)
		return 1;
	drop(p, 0);
	errno = n == 0 ? EPIPE : EMFILE;
	return -1;
}

/* --- what there is for us ---------------------------------------------------------------------- */

static int
set_flags(int fd, int flags)
{
	int is = fcntl(fd, F_GETFL);

	if ((flags & HANDOFF_NONBLOCK) != 0 &&
	    (is == -1 || fcntl(fd, F_SETFL, is | O_NONBLOCK) == -1))
		return -1;
	return (flags & HANDOFF_INHERIT) != 0 ? fcntl(fd, F_SETFD, 0) : 0;
}

/* "listen ADDRESS NAME" or "stored NAME". */
static int
read_line(struct handoff_slot *s, const char *line, size_t length)
{
	char format[LINES];
	char *name, *address = NULL;

	if (length >= sizeof(format))
		return -1;
	memcpy(format, line, length);
	format[length] = '\0';
	s->stored = strncmp(format, "stored ", 7) == 0;
	if (s->stored)
		name = format + 7;
	else if (strncmp(format, "listen ", 7) == 0 &&
	    (name = strchr(address = format + 7, ' ')) != NULL)
		*name++ = '\0';
	else
		return -1;
	snprintf(s->name, sizeof(s->name), "%.*s", HANDOFF_NAME - 1, name);
	snprintf(s->address, sizeof(s->address), "%.*s", HANDOFF_ADDRESS - 1,
	    address != NULL ? address : "");
	return 0;
}

/* One line for each descriptor, after a first one that counts the sockets. */
static int
read_slots(struct handoff *h, const struct packet *p, int flags)
{
	const char *line = strchr(p->text, '\n'), *end;
	size_t i;

	h->slots = calloc((size_t)p->count + 1, sizeof(*h->slots));
	if (h->slots == NULL)
		return -1;
	for (i = 0; i < (size_t)p->count; i++) {
		if (line == NULL || (end = strchr(++line, '\n')) == NULL ||
		    read_line(&h->slots[i], line, (size_t)(end - line)) == -1) {
			errno = EPROTO;
			return -1;
		}
		line = end;
		h->slots[i].fd = p->fds[i];
		if (set_flags(p->fds[i], flags) == -1)
			return -1;
	}
	h->count = (size_t)p->count;
	return p->count;
}

static int
greet(struct handoff *h, const struct packet *p)
{
	int version;

	if (sscanf(p->text, "baton %d %u %d", &version, &h->generation, &h->worker) == 3 &&
	    version == VERSION)
		return 0;
	errno = strncmp(p->text, "no ", 3) == 0 ? EBUSY : EPROTO;
	return -1;
}

/* What comes between the two is said again after the answer. */
static int
ask(struct handoff *h, struct packet *p, int flags)
{
	int got;

	if ((got = receive(h->socket, p, PATIENCE_MS)) == 1 && greet(h, p) == 0 &&
	    send_text(h->socket, "slots", 5, -1) == 0)
		while ((got = receive(h->socket, p, PATIENCE_MS)) == 1 &&
		    strncmp(p->text, "slots ", 6) != 0)
			drop(p, 0);
	else if (got == 1)
		return -1;
	if (got == 0)
		errno = ETIMEDOUT;
	return got == 1 ? read_slots(h, p, flags) : -1;
}

int
handoff_receive(struct handoff *h, int flags)
{
	const char *where = getenv("BATON_SOCKET");
	struct packet *p;
	int count = -1;

	clear(h);
	if (where == NULL || where[0] == '\0')
		return 0;
	if ((p = malloc(sizeof(*p))) == NULL)
		return -1;
	p->count = 0;
	if ((h->socket = dial(where)) != -1)
		count = ask(h, p, flags);
	if (count == -1) {
		drop(p, 0);
		handoff_close(h);
	}
	free(p);
	return count;
}

int
handoff_find(const struct handoff *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		if (name == NULL ? !h->slots[i].stored : strcmp(h->slots[i].name, name) == 0)
			return h->slots[i].fd;
	return -1;
}

/* --- what we say ------------------------------------------------------------------------------- */

int
handoff_say(const struct handoff *h, const char *lines)
{
	size_t length = strlen(lines);

	if (length > LINES) {
		errno = EMSGSIZE;
		return -1;
	}
	return length == 0 ? 0 : send_text(h->socket, lines, length, -1);
}

int
handoff_ready(const struct handoff *h)
{
	return handoff_say(h, "READY=1");
}

int
handoff_status(const struct handoff *h, const char *text)
{
	char line[LINES];
	int n = snprintf(line, sizeof(line), "STATUS=%s", text != NULL ? text : "");

	if (n >= (int)sizeof(line)) {
		errno = EMSGSIZE;
		return -1;
	}
	line[strcspn(line, "\n")] = '\0';	/* what follows would be another word */
	return handoff_say(h, line);
}

static int
is_good_name(const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == ':')
			return 0;
	return i > 0 && i < HANDOFF_NAME;
}

static int
say_name(const struct handoff *h, const char *what, const char *name, int fd)
{
	char lines[HANDOFF_NAME + 64];
	int n;

	if (!is_good_name(name)) {
		errno = EINVAL;
		return -1;
	}
	n = snprintf(lines, sizeof(lines), "%s=1\nFDNAME=%s", what, name);
	return send_text(h->socket, lines, (size_t)n, fd);
}

int
handoff_store(const struct handoff *h, int fd, const char *name)
{
	if (fcntl(fd, F_GETFD) == -1)
		return -1;
	return say_name(h, "FDSTORE", name, fd);
}

int
handoff_forget(const struct handoff *h, const char *name)
{
	return say_name(h, "FDSTOREREMOVE", name, -1);
}

/* --- what we hear ------------------------------------------------------------------------------ */

int
handoff_fd(const struct handoff *h)
{
	return h->socket;
}

/* A word of a later version is passed over. */
static enum handoff_event
understand(const char *text, long *ms)
{
	long span = 0;

	if (strcmp(text, "serving") == 0)
		return HANDOFF_SERVING;
	if (strcmp(text, "stop") == 0)
		return HANDOFF_STOP;
	if (sscanf(text, "drain %ld", &span) != 1)
		return HANDOFF_NOTHING;
	if (ms != NULL)
		*ms = span;
	return HANDOFF_DRAIN;
}

enum handoff_event
handoff_event(struct handoff *h, long *ms)
{
	enum handoff_event event = HANDOFF_NOTHING;
	char text[256];
	ssize_t n;

	while (h->socket != -1 && event == HANDOFF_NOTHING) {
		n = recv(h->socket, text, sizeof(text) - 1, MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			break;
		if (n <= 0) {
			shut(&h->socket);
			return HANDOFF_GONE;
		}
		text[n] = '\0';
		event = understand(text, ms);
	}
	return event;
}

void
handoff_close(struct handoff *h)
{
	shut(&h->socket);
	free(h->slots);
	clear(h);
}
