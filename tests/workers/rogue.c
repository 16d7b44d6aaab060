/*
 * rogue.c - an HTTP server that misbehaves on purpose, each path in its own way. The load generator's
 * self test holds the counts against what this server did. A thread a connection, so that each
 * misbehaviour reads from top to bottom.
 *
 *     rogue [--address A] [--port P]     prints "listening on PORT"
 */
#include "tests/workers/worker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* One connection: which one, in the order they were accepted, and how many requests it has had. */
struct client {
	int fd;
	unsigned number, requests;
};

static int listener;
static atomic_uint accepted, served;

enum next { GO_ON, END };

/* A complete, good response. */
static enum next
answer(const struct client *c, const char *status, const char *extra, unsigned generation,
    const char *text)
{
	char body[256], whole[1024];

	snprintf(body, sizeof body, "generation=%u %s\n", generation, text);
	snprintf(whole, sizeof whole, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status,
	    strlen(body), extra, body);
	return worker_say(c->fd, whole) == -1 ? END : GO_ON;
}

static enum next
good(struct client *c)
{
	return answer(c, "200 OK", "", 1, "good");
}

static enum next
say(struct client *c, const char *text, enum next next)
{
	return worker_say(c->fd, text) == -1 ? END : next;
}

static enum next
chunked(struct client *c)
{
	return say(c,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "D\r\ngeneration=1 \r\n5;x=y\r\ngood\n\r\n0\r\nTrailer: yes\r\n\r\n",
	    GO_ON);
}

static enum next
to_end(struct client *c)
{
	return say(c, "HTTP/1.1 200 OK\r\n\r\ngeneration=1 good\n", END);
}

static enum next
interim(struct client *c)
{
	return say(c, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", GO_ON) == END ? END
	                                                                              : good(c);
}

/* A good response, a byte at a time. */
static enum next
dribble(struct client *c)
{
	const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\ngeneration=1 good\n";

	for (; *text; text++) {
		if (worker_send(c->fd, text, 1) == -1)
			return END;
		worker_sleep(1);
	}
	return GO_ON;
}

static void
reset(const struct client *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static enum next
reset_at_once(struct client *c)
{
	reset(c);
	return END;
}

static const char half[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ngeneration=1 good, and that is";

static enum next
reset_midway(struct client *c)
{
	say(c, half, END);
	worker_sleep(20);
	reset(c);
	return END;
}

static enum next
close_at_once(struct client *c)
{
	(void)c;
	return END;
}

static enum next
close_midway(struct client *c)
{
	return say(c, half, END);
}

static enum next
close_in_head(struct client *c)
{
	return say(c, "HTTP/1.1 200 OK\r\nContent-Le", END);
}

static enum next
close_between_chunks(struct client *c)
{
	return say(c,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\ngeneration=1 good\n\r\n",
	    END);
}

/* Wait until the client gives up. */
static enum next
silence(struct client *c)
{
	char byte;

	while (recv(c->fd, &byte, 1, 0) > 0)
		;
	return END;
}

static enum next
stall(struct client *c)
{
	say(c, half, END);
	return silence(c);
}

static enum next
unavailable(struct client *c)
{
	return answer(c, "503 Service Unavailable", "", 1, "good");
}

static enum next
moved(struct client *c)
{
	return answer(c, "302 Found", "Location: /good\r\n", 1, "good");
}

static enum next
wrong(struct client *c)
{
	return answer(c, "200 OK", "", 1, "bad");
}

static enum next
without_generation(struct client *c)
{
	return say(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ngood\n", GO_ON);
}

static enum next
too_long(struct client *c)
{
	return say(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ngeneration=1 good\n", END);
}

static enum next
bad_chunk(struct client *c)
{
	return say(c,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngeneration=1 "
	    "good\n\r\n0\r\n\r\n",
	    END);
}

static enum next
garbage(struct client *c)
{
	return say(c, "220 mail.example.org ESMTP ready\r\n\r\n", END);
}

/* 2, 1, 2, 1 … */
static enum next
alternating(struct client *c)
{
	return answer(c, "200 OK", "", 2 - atomic_fetch_add(&served, 1) % 2, "good");
}

/* Each connection has a newer generation than the one before. */
static enum next
rising(struct client *c)
{
	return answer(c, "200 OK", "", c->number, "good");
}

/* Each connection has an older one than the one before. */
static enum next
falling(struct client *c)
{
	return answer(c, "200 OK", "", 1000000 - c->number, "good");
}

/* The second answer on a connection is from an older generation than the first. */
static enum next
relapsing(struct client *c)
{
	return answer(c, "200 OK", "", c->requests % 2 ? 2 : 1, "good");
}

/* Closes a kept-alive connection while it is idle. */
static enum next
polite(struct client *c)
{
	if (good(c) == END)
		return END;
	worker_sleep(30);
	return END;
}

/* As polite, but with a reset. */
static enum next
reset_idle(struct client *c)
{
	reset(c);
	return polite(c);
}

static enum next
announced(struct client *c)
{
	answer(c, "200 OK", "Connection: close\r\n", 1, "good");
	return END;
}

/* Reads the second request of a connection, and closes: the client sees the end instead of an answer. */
static enum next
close_upon_request(struct client *c)
{
	return c->requests == 1 ? good(c) : END;
}

/* Closes when the second request has come, unread: the kernel makes a reset of that. */
static enum next
reset_upon_request(struct client *c)
{
	struct pollfd wait = { .fd = c->fd, .events = POLLIN };

	if (good(c) == GO_ON)
		poll(&wait, 1, -1);
	return END;
}

/* Of each hundred answers 90 take 20 ms, 9 take 200 ms and one takes 600 ms. */
static enum next
delays(struct client *c)
{
	unsigned n = atomic_fetch_add(&served, 1) % 100;

	worker_sleep(n < 90 ? 20 : n < 99 ? 200 : 600);
	return good(c);
}

/* The first answer of all takes 500 ms, the others nothing. */
static enum next
stall_once(struct client *c)
{
	if (atomic_fetch_add(&served, 1) == 0)
		worker_sleep(500);
	return good(c);
}

static enum next
stream_lines(struct client *c, int lines, const char *end)
{
	int i;

	if (worker_say(c->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") == -1)
		return END;
	for (i = 0; lines == 0 || i < lines; i++) {
		if (worker_say(c->fd, "12\r\ngeneration=1 good\n\r\n") == -1)
			return END;
		worker_sleep(50);
	}
	return say(c, end, END);
}

static enum next
stream(struct client *c)
{
	return stream_lines(c, 6, "0\r\n\r\n");
}

static enum next
stream_cut(struct client *c)
{
	return stream_lines(c, 3, "");
}

static enum next
stream_forever(struct client *c)
{
	return stream_lines(c, 0, "");
}

static enum next
stream_stalls(struct client *c)
{
	stream_lines(c, 3, "");
	return silence(c);
}

/* Listens no more; what comes after this answer is refused. */
static enum next
refuse(struct client *c)
{
	shutdown(listener, SHUT_RDWR);
	return good(c);
}

static const struct way {
	const char *path;
	enum next (*misbehave)(struct client *);
} ways[] = {
	{ "/good", good },
	{ "/chunked", chunked },
	{ "/to-end", to_end },
	{ "/interim", interim },
	{ "/dribble", dribble },
	{ "/reset", reset_at_once },
	{ "/reset-midway", reset_midway },
	{ "/close", close_at_once },
	{ "/close-midway", close_midway },
	{ "/close-in-head", close_in_head },
	{ "/close-between-chunks", close_between_chunks },
	{ "/silence", silence },
	{ "/stall", stall },
	{ "/unavailable", unavailable },
	{ "/moved", moved },
	{ "/wrong", wrong },
	{ "/without-generation", without_generation },
	{ "/too-long", too_long },
	{ "/bad-chunk", bad_chunk },
	{ "/garbage", garbage },
	{ "/alternating", alternating },
	{ "/rising", rising },
	{ "/falling", falling },
	{ "/relapsing", relapsing },
	{ "/polite", polite },
	{ "/reset-idle", reset_idle },
	{ "/announced", announced },
	{ "/close-upon-request", close_upon_request },
	{ "/reset-upon-request", reset_upon_request },
	{ "/delays", delays },
	{ "/stall-once", stall_once },
	{ "/stream", stream },
	{ "/stream-cut", stream_cut },
	{ "/stream-forever", stream_forever },
	{ "/stream-stalls", stream_stalls },
	{ "/refuse", refuse },
};

static enum next
dispatch(struct client *c, const char *path)
{
	size_t i;

	for (i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (strcmp(path, ways[i].path) == 0)
			return ways[i].misbehave(c);
	return answer(c, "404 Not Found", "", 1, "good");
}

static void *
serve(void *argument)
{
	struct client *c = argument;
	char path[256];

	while (worker_request(c->fd, path, sizeof path) == 0) {
		c->requests++;
		if (dispatch(c, path) == END)
			break;
	}
	close(c->fd);
	free(c);
	return NULL;
}

int
main(int argc, char **argv)
{
	struct worker w = { .address = "127.0.0.1" };
	pthread_attr_t detached;
	pthread_t thread;
	int fd;

	(void)argc;
	worker_options(&w, argv + 1);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	listener = worker_listen(w.address, w.port, 0);
	worker_announce(listener);
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		struct client *c = calloc(1, sizeof *c);

		if (!c)
			worker_die("calloc");
		c->fd = fd;
		c->number = atomic_fetch_add(&accepted, 1) + 1;
		if (pthread_create(&thread, &detached, serve, c) != 0)
			worker_die("pthread_create");
	}
	/* the listener is shut: serve what is open, until the test ends us */
	for (;;)
		pause();
}
