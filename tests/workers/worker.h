/*
 * worker.h - what the small workers of the tests share: listening, answering, and the bad ends that
 * a candidate can come to. Inline, so that each worker stays one file to compile.
 */
#ifndef WORKERS_WORKER_H
#define WORKERS_WORKER_H

#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static inline void
worker_die(const char *what)
{
	perror(what);
	exit(1);
}

/* Sleep, whatever signals come. */
static inline void
worker_sleep(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) == -1)
		;
}

static inline long long
worker_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static inline const char *
worker_env(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value ? value : otherwise;
}

/* "generation=7 worker=0 pid=1234", as baton told the worker. */
static inline const char *
worker_identity(void)
{
	static char text[128];

	snprintf(text, sizeof text, "generation=%s worker=%s pid=%d",
	    worker_env("BATON_GENERATION", "0"), worker_env("BATON_WORKER", "0"), (int)getpid());
	return text;
}

/* Fill in an address: a path of a UNIX socket, an IPv6 or an IPv4 address. Returns its size. */
static inline socklen_t
worker_address(struct sockaddr_storage *s, const char *address, int port)
{
	struct sockaddr_un *local = (struct sockaddr_un *)s;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)s;
	struct sockaddr_in *four = (struct sockaddr_in *)s;

	memset(s, 0, sizeof *s);
	if (*address == '/' && strlen(address) < sizeof local->sun_path) {
		local->sun_family = AF_UNIX;
		strcpy(local->sun_path, address);
		return sizeof *local;
	}
	if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((in_port_t)port);
		return sizeof *six;
	}
	if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((in_port_t)port);
		return sizeof *four;
	}
	fprintf(stderr, "worker: %s is no address\n", address);
	exit(64);
}

/* A listening socket; `type` may add SOCK_NONBLOCK. Dies if the address is not to be had. */
static inline int
worker_listen(const char *address, int port, int type)
{
	struct sockaddr_storage where;
	socklen_t size = worker_address(&where, address, port);
	int fd, on = 1;

	fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | type, 0);
	if (fd == -1)
		worker_die("socket");
	if (where.ss_family == AF_UNIX)
		unlink(address);
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&where, size) == -1)
		worker_die("bind");
	if (listen(fd, 511) == -1)
		worker_die("listen");
	return fd;
}

/* Say "listening on PORT", so that a test can ask for port 0 and wait for the line. */
static inline void
worker_announce(int fd)
{
	struct sockaddr_in6 here; /* a port is at the same place in both families */
	socklen_t size = sizeof here;

	memset(&here, 0, sizeof here);
	getsockname(fd, (struct sockaddr *)&here, &size);
	printf("listening on %d\n", here.sin6_family == AF_UNIX ? 0 : ntohs(here.sin6_port));
	fflush(stdout);
}

/* Send it all on a blocking socket. Returns -1 if the peer is gone. */
static inline int
worker_send(int fd, const char *bytes, size_t count)
{
	ssize_t n;

	for (; count > 0; bytes += n, count -= (size_t)n)
		if ((n = send(fd, bytes, count, MSG_NOSIGNAL)) <= 0)
			return -1;
	return 0;
}

static inline int
worker_say(int fd, const char *text)
{
	return worker_send(fd, text, strlen(text));
}

/*
 * Read one request's head from a blocking socket, byte by byte so that nothing of the next one is
 * taken, and put its path into `path`. Returns -1 at the end of the connection.
 */
static inline int
worker_request(int fd, char *path, size_t size)
{
	char head[4096] = "";
	size_t n = 0, start, length;

	while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0) {
		if (n == sizeof head - 1 || recv(fd, head + n, 1, 0) != 1)
			return -1;
		n++;
	}
	head[n] = '\0';
	start = strcspn(head, " ");
	start += head[start] == ' ';
	length = strcspn(head + start, " \r\n");
	if (length >= size)
		return -1;
	memcpy(path, head + start, length);
	path[length] = '\0';
	return 0;
}

/* How a candidate can go wrong; decided when it starts. */
enum worker_failing { FAIL_NOT, FAIL_CRASH, FAIL_EXIT0, FAIL_NEVER_LISTEN, FAIL_CRASH_AFTER };

struct worker {
	const char *address;
	int port;
	long delay_start_ms, delay_ready_ms;
	int health;       /* the status that /health answers with */
	const char *term; /* what SIGTERM does: graceful, default or ignore */
	const char *background; /* when it forks into the background: first, bound, or never */
	enum worker_failing failing;
	long crash_after_ms;
};

static inline void worker_behave(struct worker *w, const char *file);

static inline int
worker_fail_mode(struct worker *w, const char *value, const char *next)
{
	static const char *const names[] = { "not", "crash", "exit0", "never-listen",
		"crash-after" };
	int i;

	for (i = 0; i < 5 && strcmp(value, names[i]) != 0; i++)
		;
	if (i == 5 || (i == FAIL_CRASH_AFTER && !next)) {
		fprintf(stderr,
		    "worker: --fail %s: crash, exit0, never-listen or crash-after MS is expected\n",
		    value);
		exit(64);
	}
	w->failing = (enum worker_failing)i;
	if (i == FAIL_CRASH_AFTER)
		w->crash_after_ms = atol(next);
	return i == FAIL_CRASH_AFTER ? 3 : 2;
}

/* Take the option at words[0]; words end with NULL. Returns how many words it was, or exits. */
static inline int
worker_option(struct worker *w, char **words)
{
	const char *name = words[0], *value = words[1];

	if (!value) {
		fprintf(stderr, "worker: %s: a value is expected\n", name);
		exit(64);
	}
	if (strcmp(name, "--address") == 0)
		w->address = value;
	else if (strcmp(name, "--port") == 0)
		w->port = atoi(value);
	else if (strcmp(name, "--delay-start") == 0)
		w->delay_start_ms = atol(value);
	else if (strcmp(name, "--delay-ready") == 0)
		w->delay_ready_ms = atol(value);
	else if (strcmp(name, "--health") == 0)
		w->health = atoi(value);
	else if (strcmp(name, "--term") == 0)
		w->term = value;
	else if (strcmp(name, "--background") == 0)
		w->background = value;
	else if (strcmp(name, "--behave") == 0)
		worker_behave(w, value);
	else if (strcmp(name, "--fail") == 0)
		return worker_fail_mode(w, value, words[2]);
	else {
		fprintf(stderr, "worker: unknown option %s\n", name);
		exit(64);
	}
	return 2;
}

static inline void
worker_options(struct worker *w, char **words)
{
	while (*words)
		words += worker_option(w, words);
}

/* Options from a file, read now: a test changes there what the next generation does. */
static inline void
worker_behave(struct worker *w, const char *file)
{
	static char text[4096];
	static char *words[64];
	FILE *in = fopen(file, "re");
	size_t n = 0;
	char *word;

	if (!in)
		return;
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	for (word = strtok(text, " \t\r\n"); word && n < 63; word = strtok(NULL, " \t\r\n"))
		words[n++] = word;
	words[n] = NULL;
	worker_options(w, words);
}

/* Go to the background if this is when: daemon(3), but what it says is still seen. */
static inline void
worker_background(const struct worker *w, const char *when)
{
	if (w->background && strcmp(w->background, when) == 0 && daemon(0, 1) == -1)
		worker_die("daemon");
}

static inline void
worker_crash(int signal)
{
	(void)signal;
	kill(getpid(), SIGKILL);
}

/* The delay and the failures that come before the worker listens. */
static inline void
worker_start(const struct worker *w)
{
	struct timespec tick = { w->crash_after_ms / 1000, w->crash_after_ms % 1000 * 1000000 };
	struct itimerspec after = { .it_value = tick };
	timer_t timer;

	worker_sleep(w->delay_start_ms);
	if (w->failing == FAIL_CRASH)
		abort();
	if (w->failing == FAIL_EXIT0)
		exit(0);
	if (w->failing == FAIL_NEVER_LISTEN && strcmp(w->term, "ignore") != 0)
		signal(SIGTERM, SIG_DFL);
	while (w->failing == FAIL_NEVER_LISTEN)
		pause();
	if (w->failing == FAIL_CRASH_AFTER) {
		signal(SIGALRM, worker_crash);
		if (timer_create(CLOCK_MONOTONIC, NULL, &timer) == -1 ||
		    timer_settime(timer, 0, &after, NULL) == -1)
			worker_die("timer");
	}
}

/* The number after '?' in a path, or another. */
static inline long
worker_number(const char *path, long otherwise)
{
	const char *mark = strchr(path, '?');

	return mark && mark[1] ? atol(mark + 1) : otherwise;
}

/* Is the path this one, whatever comes after '?' in it? */
static inline int
worker_is(const char *path, const char *name)
{
	size_t size = strlen(name);

	return strncmp(path, name, size) == 0 && (path[size] == '\0' || path[size] == '?');
}

/* What SIGTERM does: with "graceful" the handler runs, and interrupts what waits. */
static inline void
worker_on_term(const struct worker *w, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	if (strcmp(w->term, "ignore") == 0)
		action.sa_handler = SIG_IGN;
	else if (strcmp(w->term, "graceful") == 0)
		action.sa_handler = handler;
	sigaction(SIGTERM, &action, NULL);
}

enum { WORKER_SLOW_MS = 300, WORKER_LINE_MS = 200, WORKER_LINES = 25 };

/* Answer one request on a blocking socket, slowly where the path asks for it; the connection then ends. */
static inline void
worker_answer(const struct worker *w, int fd, const char *path)
{
	char body[512], head[256];
	int status = worker_is(path, "/health") ? w->health : 200;

	if (worker_is(path, "/crash"))
		abort();
	if (worker_is(path, "/slow"))
		worker_sleep(worker_number(path, WORKER_SLOW_MS));
	snprintf(body, sizeof body, "%s path=%s\n", worker_identity(), path);
	snprintf(head, sizeof head,
	    "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
	    status == 200 ? "OK" : "Not Well", strlen(body));
	if (worker_say(fd, head) == 0)
		worker_say(fd, body);
}

#endif
