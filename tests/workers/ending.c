/*
 * ending.c - a worker that serves for a while and ends, each time it is started as the next word says.
 *
 *     ending PORT FILE CODE MS...
 *
 * Writes the moment of its start (CLOCK_MONOTONIC, ms) as a line of FILE; started for the n-th time it
 * serves for the n-th MS, or the last one, and ends with CODE: exit code, or -SIGNAL. "-" for PORT: it
 * ends without having listened.
 */
#include "tests/workers/worker.h"

#include <poll.h>

/* Which start this is, counted from 0. */
static int
note_start(const char *file)
{
	FILE *lines = fopen(file, "a+");
	int count = 0, c;

	if (lines == NULL)
		worker_die(file);
	while ((c = fgetc(lines)) != EOF)
		count += c == '\n';
	fprintf(lines, "%lld\n", worker_now_ms());
	fclose(lines);
	return count;
}

static void
answer(int listener)
{
	char path[256];
	int fd = accept(listener, NULL, NULL);

	if (fd == -1)
		return;
	if (worker_request(fd, path, sizeof path) == 0)
		worker_say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 13\r\n\r\n"
		    "generation=1\n");
	close(fd);
}

static void
serve(int listener, long long until)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	long long left;

	while ((left = until - worker_now_ms()) > 0)
		if (poll(&p, 1, (int)left) == 1)
			answer(listener);
}

int
main(int count, char **words)
{
	enum { PORT = 1, FILE_NAME, CODE, FIRST };
	long long began = worker_now_ms();
	int listener = -1, start, code;

	if (count <= FIRST) {
		fprintf(stderr, "usage: ending PORT FILE CODE MS...\n");
		return 64;
	}
	start = note_start(words[FILE_NAME]);
	start = FIRST + start < count ? FIRST + start : count - 1;
	/* non-blocking: a sibling may take who was waiting */
	if (*words[PORT] != '-')
		listener = worker_listen("127.0.0.1", atoi(words[PORT]), SOCK_NONBLOCK);
	if (listener == -1)
		worker_sleep(atoi(words[start]));
	else
		serve(listener, began + atoi(words[start]));
	code = atoi(words[CODE]);
	if (code < 0)
		raise(-code);
	return code;
}
