/* shelf.c - what is kept in the releases directory. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "init/command.h"
#include "init/options.h"
#include "init/print.h"
#include "init/shelf.h"
#include "watcher/live.h"
#include "watcher/store.h"

enum { MOST = 1000 };

static void
print_time(msec since_epoch)
{
	time_t seconds = (time_t)(since_epoch / 1000);
	char text[32] = "-";
	struct tm tm;

	if (since_epoch > 0 && localtime_r(&seconds, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%-19s", text);
}

/* What became of the build: its result, and where its release is. */
static void
print_result(const struct record *r)
{
	char text[32];

	if (r->result == RECORD_SAME)
		snprintf(text, sizeof(text), "same as %d", r->same_as);
	else
		snprintf(text, sizeof(text), "%s%s", record_result_name(r->result),
		    r->live ? ", live" : r->result != RECORD_FAILED && !r->present ?
		    ", removed" : "");
	printf("%-16s", text);
}

static void
print_record(const struct record *r)
{
	char length[32], size[32];

	print_span(length, sizeof(length), r->length);
	print_bytes(size, sizeof(size), r->survey.bytes);
	printf("%7d  ", r->number);
	print_result(r);
	printf("  ");
	print_time(r->time);
	printf("  %8s  %7s  ", r->time > 0 ? length : "-", r->present ? size : "-");
	print_safe(stdout, *r->why != '\0' ? r->why : r->trigger);
	putchar('\n');
}

static void
print_record_json(const struct record *r)
{
	printf("{\"number\":%d,\"result\":\"%s\",\"same_as\":%d,\"present\":%s,\"live\":%s,"
	    "\"time_ms\":%lld,\"length_ms\":%lld,\"bytes\":%lld,\"files\":%lld,\"trigger\":",
	    r->number, record_result_name(r->result), r->same_as, r->present ? "true" : "false",
	    r->live ? "true" : "false", (long long)r->time, (long long)r->length,
	    (long long)r->survey.bytes, (long long)r->survey.files);
	print_json(stdout, r->trigger);
	printf(",\"why\":");
	print_json(stdout, *r->why != '\0' ? r->why : NULL);
	printf("}");
}

static void
print_all(const struct record *records, int count)
{
	int i;

	printf("%7s  %-16s  %-19s  %8s  %7s  %s\n", "RELEASE", "RESULT", "TIME", "TOOK", "SIZE",
	    "WHY");
	for (i = 0; i < count; i++)
		print_record(&records[i]);
}

static void
print_all_json(const struct record *records, int count)
{
	int i;

	printf("[");
	for (i = 0; i < count; i++) {
		printf("%s", i > 0 ? "," : "");
		print_record_json(&records[i]);
	}
	printf("]\n");
}

int
shelf_releases(const struct options *o, bool json)
{
	int32_t live = o->live != NULL ? live_release(o->live, o->releases) : 0;
	struct record *records = calloc(MOST, sizeof(*records));
	int count;

	if (records == NULL)
		log_die(EXIT_FAILED, "no memory");
	count = store_list(o->releases, live, records, MOST);
	if (json)
		print_all_json(records, count > 0 ? count : 0);
	else if (count <= 0)
		printf("no releases in %s\n", o->releases);
	else
		print_all(records, count);
	free(records);
	return EXIT_DONE;
}

/* "9 (live), 8, 7 and 3" */
static void
name_present(const struct record *records, int count, char *to, size_t size)
{
	int i, last = -1, before = 0;

	*to = '\0';
	for (i = 0; i < count; i++)
		if (records[i].present)
			last = i;
	for (i = 0; i <= last; i++)
		if (records[i].present)
			text_append(to, size, "%s%d%s", before++ == 0 ? "" : i == last ? " and " : ", ",
			    records[i].number, records[i].live ? " (live)" : "");
}

/* Why it is not there. */
static const char *
absence(const struct record *records, int count, int32_t number)
{
	int i;

	for (i = 0; i < count && records[i].number != number; i++)
		;
	if (i == count)
		return number > (count > 0 ? records[0].number : 0) ? "there was none yet" :
		    "it is not kept any more";
	if (records[i].result == RECORD_FAILED)
		return "that build failed";
	return records[i].result == RECORD_SAME ? "that build equalled the release before it" :
	    "it is not kept any more";
}

bool
shelf_has(const struct options *o, int32_t number)
{
	int32_t live = o->live != NULL ? live_release(o->live, o->releases) : 0;
	struct record *records = calloc(MOST, sizeof(*records));
	char present[256];
	bool has = false;
	int count, i;

	if (records == NULL)
		log_die(EXIT_FAILED, "no memory");
	count = store_list(o->releases, live, records, MOST);
	for (i = 0; i < count; i++)
		has |= records[i].number == number && records[i].present;
	name_present(records, count, present, sizeof(present));
	if (!has && *present != '\0')
		log_line(LOG_ERROR, "cannot go back to release %d: %s; there %s %s (BATON_RELEASES_KEEP)",
		    number, absence(records, count, number), strchr(present, ',') != NULL ||
		    strstr(present, " and ") != NULL ? "are" : "is", present);
	free(records);
	return has || *present == '\0';
}

static int
open_log(const char *releases, int32_t number)
{
	char path[PATH_MAX];

	if (store_file(path, sizeof(path), releases, "", number, ".log") == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The newest build that said anything; -1 when there is none. */
static int
open_last_log(const char *releases)
{
	struct record *records = calloc(MOST, sizeof(*records));
	int count, fd = -1, i;

	if (records == NULL)
		log_die(EXIT_FAILED, "no memory");
	count = store_list(releases, 0, records, MOST);
	for (i = 0; i < count && fd == -1; i++)
		fd = open_log(releases, records[i].number);
	free(records);
	return fd;
}

int
shelf_log(const struct options *o, int32_t number)
{
	int fd = number != 0 ? open_log(o->releases, number) : open_last_log(o->releases);
	char bytes[4096];
	ssize_t n;

	if (fd == -1 && number != 0)
		log_line(LOG_ERROR, "no log of build %d in %s: %m", number, o->releases);
	else if (fd == -1)
		log_line(LOG_ERROR, "no build was logged in %s yet", o->releases);
	if (fd == -1)
		return EXIT_FAILED;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (fd_write_all(STDOUT_FILENO, bytes, (size_t)n) == -1)
			break;
	fd_close(&fd);
	return n == 0 ? EXIT_DONE : EXIT_FAILED;
}
