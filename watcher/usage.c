/* usage.c - does a build take too much, and how soon must one look again? No system calls. */
#include <stdio.h>

#include "base/text.h"
#include "watcher/usage.h"

#define MEGABYTE (INT64_C(1024) * 1024)

/* How much can be taken in a millisecond, by several processes at once; measured, and doubled. */
#define MEMORY_A_MS (4 * MEGABYTE)
#define DISK_A_MS (2 * MEGABYTE)
enum { FILES_A_MS = 400, PROCESSES_A_MS = 20 };

enum { LEAST_MS = 5, HELD_MS = 200, MOST_MS = 500, LEAST_FILES = 1024 };

static int64_t
clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

int64_t
usage_reserve(int64_t total)
{
	int64_t reserve = clamp(total / 16, 32 * MEGABYTE, 256 * MEGABYTE);

	return reserve < total / 4 ? reserve : total / 4;
}

static int64_t
disk_reserve(int64_t total)
{
	return clamp(total / 20, 0, 64 * MEGABYTE);
}

static int64_t
files_reserve(int64_t total)
{
	return clamp(total / 20, 0, LEAST_FILES);
}

/* "481M", "1.5G": for people. */
static const char *
amount(char to[16], int64_t bytes)
{
	if (bytes < 0)
		bytes = 0;
	if (bytes >= 10240 * MEGABYTE)
		snprintf(to, 16, "%lldG", (long long)(bytes / (1024 * MEGABYTE)));
	else if (bytes >= MEGABYTE)
		snprintf(to, 16, "%lldM", (long long)(bytes / MEGABYTE));
	else
		snprintf(to, 16, "%lldk", (long long)(bytes / 1024));
	return to;
}

static bool
short_of(const struct stock *s, int64_t reserve)
{
	return s->total > 0 && s->left < reserve;
}

static bool
over_own_memory(const struct usage_bounds *b, const struct usage *u, char *why, size_t size)
{
	char most[16];

	if (b->memory == 0 || (u->memory <= b->memory && u->killed == 0))
		return false;
	snprintf(why, size, "it was ended: it used more memory than BATON_SANDBOX_MEMORY (%s)",
	    amount(most, b->memory));
	return true;
}

/* Its cgroup is given what is left: who needs more is killed there, and not with the container. */
static bool
over_what_is_left(const struct usage *u, char *why, size_t size)
{
	bool container = u->container.total > 0;
	char total[16];

	if (u->killed == 0)
		return false;
	snprintf(why, size, "it was ended: it needed more memory than the %s of %s leaves it",
	    container ? "container's memory limit" : "machine's memory",
	    amount(total, container ? u->container.total : u->machine.total));
	return true;
}

static bool
over_memory(const struct usage *u, char *why, size_t size)
{
	bool container = short_of(&u->container, usage_reserve(u->container.total));
	const struct stock *s = container ? &u->container : &u->machine;
	char total[16], used[16], own[16];

	if (!container && !short_of(s, usage_reserve(s->total)))
		return false;
	snprintf(why, size, "it was ended: the %s of %s is near (%s in use",
	    container ? "container's memory limit" : "end of the machine's memory",
	    amount(total, s->total), amount(used, s->total - s->left));
	if (u->memory > 0)
		text_append(why, size, ", %s of it by the build", amount(own, u->memory));
	text_append(why, size, ")");
	return true;
}

static bool
over_disk(const struct usage_bounds *b, const struct usage *u, char *why, size_t size)
{
	char left[16], total[16];

	if (b->disk > 0 && u->written > b->disk)
		snprintf(why, size, "it was ended: it wrote more than BATON_SANDBOX_DISK (%s)",
		    amount(total, b->disk));
	else if (u->nested)
		snprintf(why, size, "it was ended: it nested directories too deeply to be measured");
	else if (short_of(&u->disk, disk_reserve(u->disk.total)))
		snprintf(why, size, "it was ended: the disk it writes to is nearly full (%s of %s "
		    "left)", amount(left, u->disk.left), amount(total, u->disk.total));
	else if (short_of(&u->files, files_reserve(u->files.total)))
		snprintf(why, size, "it was ended: the disk it writes to has room for only %lld "
		    "more files", (long long)u->files.left);
	else
		return false;
	return true;
}

static bool
over_processes(const struct usage_bounds *b, const struct usage *u, char *why, size_t size)
{
	if (b->processes == 0 || u->processes <= b->processes)
		return false;
	if (b->container_processes > 0)
		snprintf(why, size, "it was ended: it has more processes than the container's limit "
		    "of %lld leaves it (%lld)", (long long)b->container_processes,
		    (long long)b->processes);
	else
		snprintf(why, size, "it was ended: it has more processes than "
		    "BATON_SANDBOX_PROCESSES (%lld)", (long long)b->processes);
	return true;
}

bool
usage_over(const struct usage_bounds *b, const struct usage *u, char *why, size_t size)
{
	return over_own_memory(b, u, why, size) || over_what_is_left(u, why, size) ||
	    over_memory(u, why, size) || over_disk(b, u, why, size) ||
	    over_processes(b, u, why, size);
}

/* What the build may still take of a stock, besides what it has. */
static int64_t
room(const struct stock *s, int64_t reserve)
{
	return s->total > 0 ? s->left - reserve : INT64_MAX;
}

static int64_t
lower(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
memory_room(const struct usage_bounds *b, const struct usage *u)
{
	int64_t least = lower(room(&u->container, usage_reserve(u->container.total)),
	    room(&u->machine, usage_reserve(u->machine.total)));

	return b->memory > 0 ? lower(least, b->memory - u->memory) : least;
}

int64_t
usage_memory_limit(const struct usage_bounds *b, const struct usage *u)
{
	int64_t left = memory_room(b, u);

	if (left == INT64_MAX)
		return 0;
	return u->memory + (left > 0 ? left : 0);
}

msec
usage_patience(const struct usage_bounds *b, const struct usage *u)
{
	int64_t ms = memory_room(b, u) / MEMORY_A_MS, processes_ms = MOST_MS;

	if (b->processes > 0)
		processes_ms = clamp((b->processes - u->processes) / PROCESSES_A_MS,
		    b->processes_held ? HELD_MS : LEAST_MS, MOST_MS);
	ms = lower(ms, processes_ms);
	ms = lower(ms, room(&u->disk, disk_reserve(u->disk.total)) / DISK_A_MS);
	ms = lower(ms, room(&u->files, files_reserve(u->files.total)) / FILES_A_MS);
	return clamp(ms, LEAST_MS, MOST_MS);
}
