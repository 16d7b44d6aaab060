/*
 * hostile.c - an HTTP server that does harm, to its own listening socket and to whatever else it can
 * reach, when it is asked to by a path; it goes on serving as far as that still can be. It knows
 * nothing of baton but what any worker can find.
 *
 *     hostile [--address A] [--port P] ...     GET /shut /relisten /close /attach /detach /steal
 *                                              /rubbish /exhaust /stop /fork, each with ?MS: then
 */
#include "tests/workers/worker.h"

#include <sys/resource.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

static int listener;
static struct worker self = { .address = "0.0.0.0", .port = 8080, .health = 200, .term = "default" };

/* Each returns what came of it: 0, or an errno. */

static int
shut(void)
{
	return shutdown(listener, SHUT_RDWR) == -1 ? errno : 0;
}

static int
relisten(void)
{
	return listen(listener, 1) == -1 ? errno : 0;
}

static int
close_it(void)
{
	return close(listener) == -1 ? errno : 0;
}

/* Everybody to the first socket of the group. */
static int
attach(void)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { .len = 1, .filter = code };

	return setsockopt(listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
	    sizeof(program)) == -1 ? errno : 0;
}

static int
detach(void)
{
	int on = 1;

	return setsockopt(listener, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &on, sizeof(on)) == -1 ?
	    errno : 0;
}

/* One more socket on the port, of its own, that nobody ever accepts from. */
static int
steal(void)
{
	struct sockaddr_storage where;
	socklen_t size = worker_address(&where, self.address, self.port);
	int on = 1, fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&where, size) == -1 || listen(fd, 128) == -1)
		return errno;
	return 0;
}

static void
throw_at(const char *name, int type, const char *bytes, size_t count)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), i;

	if (name == NULL)
		return;
	strncpy(to.sun_path, name, sizeof(to.sun_path) - 1);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	connect(fd, (struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)));
	for (i = 0; i < 1000; i++)
		send(fd, bytes, count, MSG_NOSIGNAL);
	/* and left open */
}

/* On every channel that the environment names, and every descriptor that it did not open. */
static int
rubbish(void)
{
	static const char *const names[] = { "NOTIFY_SOCKET", "BATON_SOCKET", "BATON_CONTROL" };
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM, SOCK_SEQPACKET };
	static const char lies[] = "READY=1\nMAINPID=1\nSTATUS=\xff\xfe\nFDSTORE=1\nERRNO=-5\nX";
	char bytes[4096];
	size_t i, j;
	int fd;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)rand();
	memcpy(bytes, lies, sizeof(lies) - 1);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (j = 0; j < sizeof(types) / sizeof(types[0]); j++) {
			throw_at(getenv(names[i]), types[j], bytes, sizeof(bytes));
			throw_at(getenv(names[i]), types[j], bytes, sizeof(lies));
		}
	for (fd = 3; fd < 64; fd++)
		if (fd != listener)
			(void)!send(fd, bytes, 128, MSG_NOSIGNAL | MSG_DONTWAIT);
	return 0;
}

static int
exhaust(void)
{
	while (open("/dev/null", O_RDONLY) != -1)
		;
	return errno;
}

static int
stop(void)
{
	raise(SIGSTOP);
	return 0;
}

/*
 * Processes that make more of themselves whenever one is missing, in sessions of their own; as many as
 * make its user's processes 150, or it would be the machine's end and not the test's.
 */
static void
breed(void)
{
	struct rlimit most = { 150, 150 };

	setrlimit(RLIMIT_NPROC, &most);
	for (;;) {
		if (fork() == -1)
			worker_sleep(1);
		setsid();
	}
}

static int
bomb(void)
{
	if (fork() == 0)
		breed();
	return 0;
}

static const struct {
	const char *path;
	int (*harm)(void);
	int first;		/* the answer is given before, for there is none after */
} harms[] = {
	{ "/shut", shut, 0 }, { "/relisten", relisten, 0 }, { "/close", close_it, 1 },
	{ "/attach", attach, 0 }, { "/detach", detach, 0 }, { "/steal", steal, 0 },
	{ "/rubbish", rubbish, 0 }, { "/exhaust", exhaust, 0 }, { "/stop", stop, 1 },
	{ "/fork", bomb, 0 },
};

static void
say_code(int fd, int code)
{
	char text[192];
	const char *what = code == 0 ? "done" : strerror(code);

	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s\n",
	    strlen(what) + 1, what);
	worker_say(fd, text);
}

/* Was it one of them? With a number it is done so many milliseconds after the answer. */
static int
harm(int fd, const char *path)
{
	long later = worker_number(path, 0);
	size_t i;
	int code;

	for (i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
		if (!worker_is(path, harms[i].path))
			continue;
		if (harms[i].first || later > 0) {
			say_code(fd, 0);
			shutdown(fd, SHUT_RDWR);
			worker_sleep(later);
			harms[i].harm();
			return 1;
		}
		code = harms[i].harm();
		say_code(fd, code);
		return 1;
	}
	return 0;
}

static void *
serve(void *connection)
{
	int fd = (int)(intptr_t)connection;
	char path[256];

	if (worker_request(fd, path, sizeof path) == 0 && !harm(fd, path))
		worker_answer(&self, fd, path);
	close(fd);
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t thread;
	int fd;

	(void)argc;
	worker_options(&self, argv + 1);
	worker_start(&self);
	signal(SIGCHLD, SIG_IGN);
	listener = worker_listen(self.address, self.port, 0);
	worker_announce(listener);
	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd == -1 || pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
			worker_sleep(5);
		else
			pthread_detach(thread);
	}
}
