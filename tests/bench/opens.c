/*
 * opens.c - `bench-opens FILE LEAST`: open a file over and over, at least so many times and until
 * standard input ends. Prints how many opens there were, how many failed, and the longest time in which
 * each failed, in microseconds.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EACH = 1000 };

static long long
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int
is_over(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&input, 1, 0) == 1;
}

int
main(int argc, char *argv[])
{
	long long opens = 0, failed = 0, since = 0, gap, longest = 0, least;
	int fd;

	if (argc != 3)
		return 64;
	least = atoll(argv[2]);
	puts("begun");
	fflush(stdout);
	for (;; opens++) {
		if (opens % LOOK_EACH == 0 && opens >= least && is_over())
			break;
		if ((fd = open(argv[1], O_RDONLY | O_CLOEXEC)) != -1) {
			close(fd);
			since = 0;
			continue;
		}
		failed++;
		if (since == 0)
			since = now_us();
		if ((gap = now_us() - since) > longest)
			longest = gap;
	}
	printf("%lld %lld %lld\n", opens, failed, longest);
	return 0;
}
