/*
 * blocking.c - a server that does one connection at a time and blocks on each: the simplest thing that
 * people put in a container. It knows nothing of baton.
 *
 *     blocking [--address A] [--port P] [--term graceful|default|ignore] [--health STATUS]
 *              [--delay-start MS] [--fail crash|exit0|never-listen|crash-after MS] [--behave FILE]
 */
#include "tests/workers/worker.h"

static volatile sig_atomic_t busy, ending;

/* accept has no way to be interrupted without a race: who is not busy ends here. */
static void
end(int signal)
{
	(void)signal;
	ending = 1;
	if (!busy)
		_exit(0);
}

int
main(int argc, char **argv)
{
	struct worker w = { .address = "0.0.0.0", .port = 8080, .health = 200, .term = "default" };
	char path[256];
	int listener, fd;

	(void)argc;
	worker_options(&w, argv + 1);
	worker_on_term(&w, end);
	worker_start(&w);
	listener = worker_listen(w.address, w.port, 0);
	worker_announce(listener);
	while (!ending) {
		if ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
			continue;
		busy = 1;
		if (worker_request(fd, path, sizeof path) == 0)
			worker_answer(&w, fd, path);
		close(fd);
		busy = 0;
	}
	return 0;
}
