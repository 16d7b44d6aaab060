/*
 * epoll.c - a good HTTP/1.1 server: keep-alive, one thread, nothing blocks another. It knows nothing of
 * baton. Every answer begins with "generation=N worker=N pid=N path=…", from the environment.
 *
 *     epoll [--address A] [--port P] [--term graceful|default|ignore] [--health STATUS]
 *           [--delay-start MS] [--fail crash|exit0|never-listen|crash-after MS] [--behave FILE]
 *           [--background first|bound]
 *
 * /slow[?MS] takes 300 ms, /stream[?LINES] sends a line each 200 ms, /big?BYTES is long, /grow?MB keeps so
 * much memory, /crash dies, /health answers the status it was told, anything else at once. A request's body is
 * read and dropped.
 */
#include "tests/workers/worker.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum { CLIENTS_MAX = 65536, ACCEPTS_A_TURN = 16, EVENTS_A_TURN = 256 };

enum doing {
	READING, /* a request, or nothing */
	READING_BODY,
	SLEEPING, /* before an answer */
	STREAMING,
	WRITING
};

struct client {
	int fd;
	enum doing doing;
	bool closes, streams;
	char in[4096];
	size_t in_size;
	long body_left, lines_left;
	long long wake_ms;
	char path[256];
	char *out;
	size_t out_size, out_sent;
};

static struct worker w = { .address = "0.0.0.0", .port = 8080, .health = 200, .term = "graceful" };
static struct client *clients[CLIENTS_MAX];
static int queue, listener, term_pipe[2], count, sleepers, last;
static bool ending;

static void
watch(int operation, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	if (epoll_ctl(queue, operation, fd, &e) == -1)
		worker_die("epoll_ctl");
}

static void
drop(struct client *c)
{
	if (c->doing == SLEEPING || c->streams)
		sleepers--;
	clients[c->fd] = NULL;
	close(c->fd);
	free(c->out);
	free(c);
	count--;
}

static void
queue_bytes(struct client *c, const char *bytes, size_t size)
{
	c->out = realloc(c->out, c->out_size + size);
	if (!c->out)
		worker_die("realloc");
	memcpy(c->out + c->out_size, bytes, size);
	c->out_size += size;
}

static const char *
connection_header(const struct client *c)
{
	return c->closes ? "close" : "keep-alive";
}

static void
queue_answer(struct client *c)
{
	int status = worker_is(c->path, "/health") ? w.health : 200;
	size_t padding = worker_is(c->path, "/big") ? (size_t)worker_number(c->path, 1 << 20) : 0;
	char text[512], head[256], *filler;

	c->closes = c->closes || ending;
	snprintf(text, sizeof text, "%s path=%s\n", worker_identity(), c->path);
	snprintf(head, sizeof head,
	    "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: "
	    "%s\r\n\r\n",
	    status, status == 200 ? "OK" : "Not Well", strlen(text) + padding,
	    connection_header(c));
	queue_bytes(c, head, strlen(head));
	queue_bytes(c, text, strlen(text));
	if (padding) {
		filler = malloc(padding);
		if (!filler)
			worker_die("malloc");
		memset(filler, '.', padding);
		queue_bytes(c, filler, padding);
		free(filler);
	}
	c->doing = WRITING;
}

static void
queue_line(struct client *c)
{
	char line[256], chunk[300];

	snprintf(line, sizeof line, "%s left=%ld\n", worker_identity(), --c->lines_left);
	snprintf(chunk, sizeof chunk, "%zx\r\n%s\r\n%s", strlen(line), line,
	    c->lines_left > 0 ? "" : "0\r\n\r\n");
	queue_bytes(c, chunk, strlen(chunk));
	c->doing = WRITING;
}

static void
begin_stream(struct client *c)
{
	char head[256];

	snprintf(head, sizeof head,
	    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: "
	    "chunked\r\nConnection: %s\r\n\r\n",
	    connection_header(c));
	queue_bytes(c, head, strlen(head));
	c->lines_left = worker_number(c->path, WORKER_LINES);
	c->streams = true;
	sleepers++;
	queue_line(c);
}

static void
grow(long megabytes)
{
	static struct grown {
		struct grown *before;
	} * grown; /* all of it, kept */
	size_t size = (size_t)megabytes << 20;
	struct grown *more = size ? malloc(size) : NULL;

	if (!more)
		return;
	memset(more, 1, size);
	more->before = grown;
	grown = more;
}

/* The request has been read: what does its path ask for? */
static void
obey(struct client *c)
{
	if (worker_is(c->path, "/crash"))
		abort();
	if (worker_is(c->path, "/grow"))
		grow(worker_number(c->path, 16));
	if (worker_is(c->path, "/stream")) {
		begin_stream(c);
	} else if (worker_is(c->path, "/slow")) {
		c->doing = SLEEPING;
		c->wake_ms = worker_now_ms() + worker_number(c->path, WORKER_SLOW_MS);
		sleepers++;
	} else {
		queue_answer(c);
	}
}

static void
forget(struct client *c, size_t size)
{
	c->in_size -= size;
	memmove(c->in, c->in + size, c->in_size);
}

/* Take one request's head out of the input. Returns false while it is not complete. */
static bool
take_head(struct client *c)
{
	char *end = memmem(c->in, c->in_size, "\r\n\r\n", 4), *length;
	size_t start, size;

	if (!end)
		return false;
	*end = '\0';
	start = strcspn(c->in, " ") + 1;
	size = start < (size_t)(end - c->in) ? strcspn(c->in + start, " \r\n") : 0;
	if (size >= sizeof c->path)
		size = sizeof c->path - 1;
	memcpy(c->path, c->in + start, size);
	c->path[size] = '\0';
	c->closes = strcasestr(c->in, "\r\nconnection: close") || strstr(c->in, " HTTP/1.0\r\n");
	length = strcasestr(c->in, "\r\ncontent-length:");
	c->body_left = length ? atol(length + 17) : 0;
	forget(c, (size_t)(end + 4 - c->in));
	c->doing = READING_BODY;
	return true;
}

static bool
take_body(struct client *c)
{
	size_t size = c->in_size < (size_t)c->body_left ? c->in_size : (size_t)c->body_left;

	forget(c, size);
	c->body_left -= (long)size;
	return c->body_left == 0;
}

/* Send what is queued. Returns false if the connection is gone. */
static bool
flush(struct client *c)
{
	ssize_t n;

	while (c->out_sent < c->out_size) {
		n = send(c->fd, c->out + c->out_sent, c->out_size - c->out_sent, MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN) {
			watch(EPOLL_CTL_MOD, c->fd, EPOLLOUT);
			return true;
		}
		if (n == -1)
			return false;
		c->out_sent += (size_t)n;
	}
	watch(EPOLL_CTL_MOD, c->fd, EPOLLIN);
	c->out_size = c->out_sent = 0;
	return true;
}

/* All of the answer, or of a stream's line, is out. */
static bool
finish(struct client *c)
{
	if (c->streams && c->lines_left > 0) {
		c->doing = STREAMING;
		c->wake_ms = worker_now_ms() + WORKER_LINE_MS;
		return true;
	}
	sleepers -= c->streams;
	c->streams = false;
	c->doing = READING;
	return !c->closes;
}

/* Go on with a client as far as it goes without waiting. */
static void
advance(struct client *c)
{
	bool alive = true;

	do {
		if (c->doing == READING && !take_head(c))
			break;
		if (c->doing == READING_BODY) {
			if (!take_body(c))
				break;
			obey(c);
		}
		if (c->doing == WRITING)
			alive = flush(c) && (c->out_size > 0 || finish(c));
	} while (alive && c->doing == READING);
	if (!alive || (ending && c->doing == READING && c->in_size == 0))
		drop(c);
}

static void
readable(struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_size, sizeof c->in - c->in_size, 0);

	if (n == -1 && errno == EAGAIN)
		return;
	/* a full buffer reads as the end too: no request of ours is that long */
	if (n <= 0) {
		drop(c);
		return;
	}
	c->in_size += (size_t)n;
	if (c->doing == READING || c->doing == READING_BODY)
		advance(c);
}

static void
wake(struct client *c)
{
	if (c->doing == SLEEPING) {
		sleepers--;
		queue_answer(c);
	} else {
		queue_line(c);
	}
	advance(c);
}

static bool
sleeps(const struct client *c)
{
	return c->doing == SLEEPING || c->doing == STREAMING;
}

/* Wake who is due. Returns how long nobody else is, or -1. */
static int
wake_due(void)
{
	long long now = worker_now_ms(), next = -1;
	int fd;

	for (fd = 0; sleepers > 0 && fd <= last; fd++) {
		if (clients[fd] && sleeps(clients[fd]) && clients[fd]->wake_ms <= now)
			wake(clients[fd]);
		if (clients[fd] && sleeps(clients[fd]) &&
		    (next == -1 || clients[fd]->wake_ms < next))
			next = clients[fd]->wake_ms;
	}
	return next == -1 ? -1 : next > now ? (int)(next - now) : 0;
}

static void
welcome(void)
{
	struct client *c;
	int fd, i;

	for (i = 0; i < ACCEPTS_A_TURN; i++) {
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1)
			return;
		c = fd < CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;
		if (!c) {
			close(fd);
			return;
		}
		c->fd = fd;
		clients[fd] = c;
		last = fd > last ? fd : last;
		count++;
		watch(EPOLL_CTL_ADD, fd, EPOLLIN);
	}
}

/* Stop accepting, let go of who is idle; who is not gets an answer first. */
static void
retire(void)
{
	int fd;

	if (ending)
		return;
	ending = true;
	/* who holds the same socket elsewhere keeps it in our queue after a mere close */
	epoll_ctl(queue, EPOLL_CTL_DEL, listener, NULL);
	close(listener);
	for (fd = 0; fd <= last; fd++)
		if (clients[fd] && clients[fd]->doing == READING && clients[fd]->in_size == 0)
			drop(clients[fd]);
}

static void
on_term(int signal)
{
	int error = errno;

	(void)signal;
	if (write(term_pipe[1], "", 1) == -1)
		errno = error;
}

static void
take(const struct epoll_event *e)
{
	struct client *c = clients[e->data.fd];

	if (e->data.fd == term_pipe[0])
		retire();
	else if (e->data.fd == listener && !ending)
		welcome();
	else if (c && (e->events & EPOLLOUT))
		advance(c);
	else if (c)
		readable(c);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS_A_TURN];
	int i, n;

	(void)argc;
	worker_options(&w, argv + 1);
	if (pipe(term_pipe) == -1 || (queue = epoll_create1(EPOLL_CLOEXEC)) == -1)
		worker_die("epoll");
	worker_on_term(&w, on_term);
	worker_background(&w, "first");
	worker_start(&w);
	listener = worker_listen(w.address, w.port, SOCK_NONBLOCK);
	worker_background(&w, "bound");
	worker_announce(listener);
	watch(EPOLL_CTL_ADD, listener, EPOLLIN);
	watch(EPOLL_CTL_ADD, term_pipe[0], EPOLLIN);
	while (!ending || count > 0) {
		n = epoll_wait(queue, events, EVENTS_A_TURN, wake_due());
		for (i = 0; i < n; i++)
			take(&events[i]);
	}
	return 0;
}
