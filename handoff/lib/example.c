/*
 * example.c - a server that baton can hand over, and that runs without baton as well.
 *
 *     baton -- example PORT          with BATON_LISTEN=PORT: the socket comes from baton
 *     example PORT                   alone: it opens its own
 *
 * It answers each connection with the generation and the worker, counts them in a stored descriptor
 * that the next generation goes on with, and ends when it drains and nobody waits any more.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/mman.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handoff.h"

static int
open_own(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 || listen(fd, 128) == -1) {
		perror("example: cannot listen");
		exit(1);
	}
	return fd;
}

/* All generations count in the same memory: the first one makes it and leaves it to the others. */
static uint64_t *
open_count(const struct handoff *h)
{
	int fd = handoff_find(h, "count");
	void *at;

	if (fd == -1) {
		fd = memfd_create("count", MFD_CLOEXEC);
		if (fd == -1 || ftruncate(fd, sizeof(uint64_t)) == -1) {
			perror("example: cannot count");
			exit(1);
		}
		handoff_store(h, fd, "count");
	}
	at = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		perror("example: cannot count");
		exit(1);
	}
	return at;
}

/* Returns whether there was somebody. */
static int
serve_one(const struct handoff *h, int listener, uint64_t *count)
{
	char request[4096], text[256], body[64];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), length;

	if (fd == -1)
		return 0;
	if (read(fd, request, sizeof(request)) <= 0) {	/* a probe looks whether we accept */
		close(fd);
		return 1;
	}
	length = snprintf(body, sizeof(body), "generation %u worker %d count %llu\n", h->generation,
	    h->worker, (unsigned long long)__atomic_add_fetch(count, 1, __ATOMIC_RELAXED));
	length = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
	    "Connection: close\r\n\r\n%s", length, body);
	(void)!write(fd, text, (size_t)length);
	close(fd);
	return 1;
}

int
main(int argc, char **argv)
{
	struct handoff h;
	struct pollfd set[2];
	uint64_t *count;
	int leaving = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: example PORT\n");
		return 64;
	}
	if (handoff_receive(&h, HANDOFF_NONBLOCK) == -1) {
		perror("example: handoff_receive");
		return 1;
	}
	count = open_count(&h);
	set[0] = (struct pollfd){ handoff_find(&h, NULL), POLLIN, 0 };
	set[1] = (struct pollfd){ handoff_fd(&h), POLLIN, 0 };
	if (set[0].fd == -1)
		set[0].fd = open_own(atoi(argv[1]));
	handoff_ready(&h);
	handoff_status(&h, "serving");
	/* draining, it stays until nobody waits; somebody on the way there has a second to arrive */
	while (poll(set, 2, leaving ? 1000 : -1) > 0 || !leaving) {
		set[1].fd = handoff_fd(&h);
		if (set[0].revents & POLLIN)
			serve_one(&h, set[0].fd, count);
		switch (handoff_event(&h, NULL)) {
		case HANDOFF_DRAIN:
			handoff_status(&h, "draining");
			leaving = 1;
			break;
		case HANDOFF_STOP:
			handoff_close(&h);
			return 0;
		case HANDOFF_SERVING:
		case HANDOFF_NOTHING:
		case HANDOFF_GONE:
			break;
		}
	}
	handoff_close(&h);
	return 0;
}
