/* doctor.c - baton doctor: what this container's runtime allows. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "init/command.h"
#include "init/place.h"
#include "init/doctor.h"
#include "init/injection.h"
#include "init/limits.h"
#include "init/options.h"
#include "init/print.h"
#include "init/protection.h"
#include "init/tier.h"
#include "init/trial.h"
#include "watcher/limits.h"
#include "watcher/second.h"

extern char **environ;

enum { MOST = 40 };

struct finding {
	char facility[PATH_MAX];
	int error;			/* errno; 0: it is here */
	const char *purpose;
};

struct report {
	struct finding findings[MOST];
	int count;
	struct limits limits;
	const char *tier;
	char *sandbox;			/* lines */
};

static void
found(struct report *r, const char *facility, int error, const char *purpose)
{
	struct finding *f = &r->findings[r->count];

	if (r->count == MOST)
		return;
	text_copy(f->facility, sizeof(f->facility), facility);
	f->error = error;
	f->purpose = purpose;
	r->count++;
}

static bool
try_injection(struct report *r)
{
	struct injection i;
	bool all = injection_try(&i);

	found(r, "seccomp notification", i.filter, "a worker's bind is answered by baton");
	found(r, "/proc/PID/mem", i.memory, "which address the worker wants");
	found(r, "descriptor injection", i.descriptor, "the slot takes the socket's place");
	found(r, "descriptor as an answer", i.carried, "an accept returns a connection that was carried");
	return all;
}

/* Returns whether the first of them works. */
static bool
try_all(struct report *r)
{
	const struct trial *t;
	bool steers = false;
	int error;

	for (t = trials; t->facility != NULL; t++) {
		errno = 0;
		error = t->attempt() == 0 ? 0 : errno != 0 ? errno : EIO;
		found(r, t->facility, error, t->purpose);
		if (t == trials)
			steers = error == 0;
	}
	return steers;
}

/* Could this path be made? Asks the nearest directory above it that exists. */
static int
creatable(const char *path)
{
	char above[PATH_MAX];

	text_copy(above, sizeof(above), path);
	while (access(above, F_OK) == -1 && errno == ENOENT) {
		char copy[PATH_MAX];

		text_copy(copy, sizeof(copy), above);
		text_copy(above, sizeof(above), dirname(copy));
	}
	return access(above, W_OK) == 0 ? 0 : errno;
}

static void
try_directories(struct report *r, const struct options *o)
{
	struct place places[PLACES];
	char name[PATH_MAX];
	int count, i;

	count = place_list(places, o->control, o->releases);
	for (i = 0; i < count; i++) {
		char *parent = dirname(strcpy(name, places[i].text));

		if (places[i].text[0] == '@')
			found(r, places[i].text, 0, "control socket, without a file");
		else
			found(r, parent, creatable(parent), "control socket");
	}
	found(r, o->releases, creatable(o->releases), "releases");
}

static void
describe_sandbox(struct report *r, const struct options *o)
{
	size_t size;
	FILE *f = open_memstream(&r->sandbox, &size);

	if (f == NULL)
		return;
	protection_describe(f, o);
	second_describe(f);
	limits_describe(f);
	fclose(f);
}

static const char *
error_name(const struct finding *f)
{
	if (f->error == ECANCELED)
		return "not tried";
	return strerrorname_np(f->error) != NULL ? strerrorname_np(f->error) : "no";
}

static void
print_limits(const struct limits *l)
{
	printf("limits: %d cpu%s", l->cpus, l->cpus == 1 ? "" : "s");
	if (l->cpu_percent > 0)
		printf(" (%lld %% of one)", (long long)l->cpu_percent);
	if (l->memory > 0)
		printf(", %lld MiB of memory\n", (long long)(l->memory >> 20));
	else
		printf(", no limit on memory\n");
}

static void
print_people(const struct report *r)
{
	bool colours = print_colours(stdout);
	int i, width = 20;

	for (i = 0; i < r->count; i++)
		if ((int)strlen(r->findings[i].facility) > width)
			width = (int)strlen(r->findings[i].facility);
	for (i = 0; i < r->count; i++) {
		const struct finding *f = &r->findings[i];
		const char *colour = f->error == 0 ? "\033[32m" : "\033[33m";

		printf("%-*s  %s%-9s%s  %s\n", width, f->facility, colours ? colour : "",
		    f->error == 0 ? "yes" : error_name(f), colours ? "\033[0m" : "", f->purpose);
	}
	printf("\nthe build's sandbox\n%s\n", r->sandbox != NULL ? r->sandbox : "");
	print_limits(&r->limits);
	printf("tier: %s%s%s\n", colours ? "\033[1m" : "", r->tier, colours ? "\033[0m" : "");
}

static void
print_findings_json(const struct report *r)
{
	int i;

	for (i = 0; i < r->count; i++) {
		const struct finding *f = &r->findings[i];

		printf("%s{\"name\":", i > 0 ? "," : "");
		print_json(stdout, f->facility);
		printf(",\"available\":%s,\"error\":", f->error == 0 ? "true" : "false");
		print_json(stdout, f->error == 0 ? NULL : error_name(f));
		printf(",\"purpose\":");
		print_json(stdout, f->purpose);
		printf("}");
	}
}

static void
print_sandbox_json(char *lines)
{
	char *line, *rest;
	bool first = true;

	if (lines == NULL)
		return;
	for (line = strtok_r(lines, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest), first = false) {
		printf("%s", first ? "" : ",");
		print_json(stdout, line);
	}
}

static void
print_program(const struct report *r)
{
	printf("{\"tier\":\"%s\",\"facilities\":[", r->tier);
	print_findings_json(r);
	printf("],\"sandbox\":[");
	print_sandbox_json(r->sandbox);
	printf("],\"limits\":{\"cpus\":%d,\"cpu_percent\":%lld,\"memory_bytes\":%lld}}\n",
	    r->limits.cpus, (long long)r->limits.cpu_percent, (long long)r->limits.memory);
}

int
doctor_run(int argc, char *const argv[])
{
	static struct report r;
	struct options o;
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0, injects, steers;

	if (argc > 1 && !json)
		return print_usage_error("doctor", argv[1]);
	options_read(&o, environ, NULL);
	injects = try_injection(&r);
	steers = try_all(&r);
	r.tier = tier_name(injects, steers);
	try_directories(&r, &o);
	describe_sandbox(&r, &o);
	limits_read(&r.limits, LIMITS_CGROUPS, LIMITS_OWN);
	if (json)
		print_program(&r);
	else
		print_people(&r);
	free(r.sandbox);
	return steers ? EXIT_DONE : EXIT_FAILED;
}
