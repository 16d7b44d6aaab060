/*
 * main.c - `fault`: run a command as PID 1 and make one of its system calls fail.
 *
 *     fault --list build/baton -- sleep 1                  its sites, in order
 *     fault --fail 3f2a91c0deadbeef:EMFILE build/baton -- sleep 1
 *     fault --fail 3f2a91c0deadbeef:EMFILE:2 ...           the second call from there
 *     fault --fail :EIO:17 --report FILE --below ...       the 17th call of all; not as PID 1
 *
 * Ends with the command's exit status, 128 and the number of the signal that ended it, or 125.
 */
#include <sys/wait.h>

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fault/target.h"
#include "tests/fault/trace.h"

enum { FAILED = 125, ERRNO_MOST = 134 };

struct wish {
	struct order order;
	const char *report;
	bool below;
};

static void
die(const char *what, const char *value, const char *right)
{
	fprintf(stderr, "fault: %s '%s': %s\n", what, value, right);
	exit(FAILED);
}

static int
parse_errno(const char *name)
{
	int error;

	for (error = 1; error < ERRNO_MOST; error++)
		if (strerrorname_np(error) != NULL && strcmp(strerrorname_np(error), name) == 0)
			return error;
	die("no error is called", name, "a name like EMFILE would be right");
	return 0;
}

/* [SITE[,SITE...]]:ERRNO[:WHICH] */
static void
parse_fail(struct order *o, char *text)
{
	char *rest = text, *sites = strsep(&rest, ":"), *name = strsep(&rest, ":"), *site, *end;

	if (name == NULL)
		die("cannot fail", text, "SITE:ERRNO would be right");
	o->error = parse_errno(name);
	o->which = rest != NULL ? strtol(rest, NULL, 10) : 1;
	if (o->which < 1)
		die("no call has the number", rest, "1, or one above, would be right");
	while (sites != NULL && *sites != '\0' && (site = strsep(&sites, ",")) != NULL) {
		if (o->sites == FAIL_MOST)
			die("too many sites, from", site, "256 at most would be right");
		o->site[o->sites++] = strtoull(site, &end, 16);
		if (*end != '\0')
			die("no site is called", site, "16 hexadecimal digits would be right");
	}
}

static void
parse(struct wish *w, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "fail", required_argument, NULL, 'f' },
		{ "report", required_argument, NULL, 'r' },
		{ "below", no_argument, NULL, 'b' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		switch (option) {
		case 'l':
			w->order.list = 1;
			break;
		case 'f':
			parse_fail(&w->order, optarg);
			break;
		case 'r':
			w->report = optarg;
			break;
		case 'b':
			w->below = true;
			break;
		default:
			exit(FAILED);
		}
	if (optind == argc)
		die("no command after", argv[argc - 1], "a binary and its arguments would be right");
}

int
main(int argc, char *argv[])
{
	struct wish wish = { 0 };
	struct frames *frames;
	FILE *report = stderr;
	pid_t pid;
	int status;

	parse(&wish, argc, argv);
	if ((frames = frames_read(argv[optind])) == NULL)
		die("no call frames in", argv[optind], "readelf (binutils) and a static x86-64 "
		    "binary would be right");
	if (wish.report != NULL && (report = fopen(wish.report, "we")) == NULL)
		die("cannot write", wish.report, strerror(errno));
	setvbuf(report, NULL, _IOLBF, 0);
	if ((pid = target_start(argv + optind, !wish.below)) == -1)
		return FAILED;
	if ((status = trace_run(pid, frames, &wish.order, report)) == -1)
		return FAILED;
	if (wish.below)
		target_survivors(report);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
