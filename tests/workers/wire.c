/*
 * wire.c - a wire between two network namespaces that is slow and loses packets, for where the kernel has no netem.
 * An interface called "wire" is made in the namespace it is started in and in that of PID.
 *
 *     wire PID DELAY_MS LOSS_PERCENT
 *
 * Says "up" when both are there. The numbers it draws are the same in each run.
 */
#include "tests/workers/worker.h"

#include <sys/ioctl.h>

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>

enum { ROOM = 65536, PACKET = 2048, ENDS = 2 };

static struct packet {
	long long due_ms;
	int to;
	size_t size;
	char bytes[PACKET];
} queue[ROOM];
static unsigned first, past; /* the next to go, and behind the last */

static int
open_end(void)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	strcpy(request.ifr_name, "wire");
	if (fd == -1 || ioctl(fd, TUNSETIFF, &request) == -1)
		worker_die("/dev/net/tun");
	return fd;
}

static void
enter(const char *pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 || setns(fd, CLONE_NEWNET) == -1)
		worker_die(path);
	close(fd);
}

/* What comes out of one end goes into the other, later; a full wire loses it. */
static void
take(int from, int to, long delay_ms, double loss)
{
	struct packet *p;
	ssize_t n;

	while (past - first < ROOM) {
		p = &queue[past % ROOM];
		if ((n = read(from, p->bytes, sizeof p->bytes)) <= 0)
			return;
		if (drand48() * 100 < loss)
			continue;
		p->to = to;
		p->size = (size_t)n;
		p->due_ms = worker_now_ms() + delay_ms;
		past++;
	}
}

/* Returns how long there is nothing to do, or -1. */
static int
pass_on(void)
{
	long long now = worker_now_ms();
	struct packet *p;

	for (; first != past; first++) {
		p = &queue[first % ROOM];
		if (p->due_ms > now)
			return (int)(p->due_ms - now);
		if (write(p->to, p->bytes, p->size) == -1)
			continue; /* the interface is down: lost */
	}
	return -1;
}

int
main(int argc, char **argv)
{
	struct pollfd ends[ENDS] = { { .events = POLLIN }, { .events = POLLIN } };
	long delay_ms;
	double loss;

	if (argc != 4) {
		fprintf(stderr, "usage: wire PID DELAY_MS LOSS_PERCENT\n");
		return 64;
	}
	delay_ms = atol(argv[2]);
	loss = atof(argv[3]);
	srand48(1);
	ends[0].fd = open_end();
	enter(argv[1]);
	ends[1].fd = open_end();
	printf("up\n");
	fflush(stdout);
	for (;;) {
		poll(ends, ENDS, pass_on());
		take(ends[0].fd, ends[1].fd, delay_ms, loss);
		take(ends[1].fd, ends[0].fd, delay_ms, loss);
	}
}
