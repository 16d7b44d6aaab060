/* observe.c - what /proc tells of the running workers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descend.h"
#include "base/fd.h"
#include "handoff/netlink.h"
#include "handoff/unixdiag.h"
#include "init/observe.h"

struct socket_row {
	uint64_t inode;
	uint32_t queue;			/* a listening one: who waits */
	uint32_t counted;		/* which count of observe_generation() it was in last */
	uint16_t port;
	uint8_t state;			/* TCP_ESTABLISHED ... */
};

/* --- the table of sockets --------------------------------------------------------------------- */

static bool
is_ours(const struct state *st, unsigned port)
{
	const struct served *sv;
	int i;

	for (sv = st->services; sv < st->services + st->service_count; sv++)
		for (i = 0; i < sv->listener_count; i++)
			if (sv->listeners[i].address.port == port)
				return true;
	return false;
}

static void
add_row(struct observer *o, struct socket_row row)
{
	struct socket_row *more;

	if (o->count % 64 == 0) {
		more = realloc(o->rows, (o->count + 64) * sizeof(*more));
		if (more == NULL)
			return;
		o->rows = more;
	}
	o->rows[o->count++] = row;
}

/* A line of /proc/net/tcp (proc(5)): "0: LOCAL:PORT REMOTE:PORT ST TX:RX ... INODE". */
static void
read_table(struct observer *o, const struct state *st, const char *name)
{
	unsigned port, state, queue;
	unsigned long long inode;
	char path[128], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d/net/%s", o->proc, st->pid, name);
	if ((f = fopen(path, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%x %*s %*s %*s %*s %llu",
		    &port, &state, &queue, &inode) == 4 && is_ours(st, port))
			add_row(o, (struct socket_row){ .inode = inode, .queue = queue,
			    .port = (uint16_t)port, .state = (uint8_t)state });
	fclose(f);
}

static int
by_inode(const void *a, const void *b)
{
	const struct socket_row *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

void
observe_begin(struct observer *o, const struct state *st, pid_t pid)
{
	memset(o, 0, sizeof(*o));
	if (pid == st->pid || pid == 0)
		snprintf(o->proc, sizeof(o->proc), "/proc");
	else
		snprintf(o->proc, sizeof(o->proc), "/proc/%d/root/proc", pid);
	read_table(o, st, "tcp");
	read_table(o, st, "tcp6");
	if (o->count > 0)
		qsort(o->rows, o->count, sizeof(*o->rows), by_inode);
}

void
observe_end(struct observer *o)
{
	free(o->rows);
	o->rows = NULL;
	o->count = 0;
}

struct path_queue {
	const char *path;
	int waiting;
};

/* All slots say that they are bound to the path. */
static void
add_waiting(void *context, const struct unixdiag *s)
{
	struct path_queue *q = context;

	if (s->listening && strcmp(s->path, q->path) == 0)
		q->waiting += (int)s->queue;
}

/* Of a UNIX listener: seen where the client stands in baton's network namespace. */
static int
queue_of_path(const struct listener *l)
{
	struct path_queue q = { l->address.path, 0 };
	int netlink = netlink_open(), got;

	got = netlink == -1 ? -1 : unixdiag_dump(netlink, 1, add_waiting, &q);
	fd_close(&netlink);
	if (got == -1)
		return -1;
	return l->barred && q.waiting >= LISTENER_PLUGS ? q.waiting - LISTENER_PLUGS : q.waiting;
}

int
observe_queue(const struct observer *o, const struct served *sv, const struct listener *l)
{
	uint16_t port = l->address.port;
	int waiting = -1;
	size_t i;

	if (l->address.family == AF_UNIX)
		return queue_of_path(l);
	for (i = 0; i < o->count; i++)
		if (o->rows[i].port == port && o->rows[i].state == TCP_LISTEN)
			waiting = (waiting == -1 ? 0 : waiting) + (int)o->rows[i].queue;
	/* the door is full of our own connections */
	for (i = 0; waiting > 0 && i < (size_t)sv->listener_count; i++)
		if (sv->listeners[i].address.port == port && sv->listeners[i].barred)
			waiting -= LISTENER_PLUGS;
	return waiting;
}

/* --- a generation's processes ----------------------------------------------------------------- */

/* Each socket counts once for a generation, however many of its processes hold it. */
static void
count_socket(struct observer *o, uint64_t inode, struct observed *to)
{
	struct socket_row key = { .inode = inode }, *row;

	row = o->count == 0 ? NULL : bsearch(&key, o->rows, o->count, sizeof(key), by_inode);
	if (row == NULL || row->counted == o->counts)
		return;
	row->counted = o->counts;
	if (row->state == TCP_LISTEN)
		to->queue += (int)row->queue;
	else
		to->connections++;
}

/* 0, or -1 when this process's descriptors may not be seen. */
static int
count_sockets(struct observer *o, int pid, struct observed *to)
{
	char path[128], link[64];
	struct dirent *entry;
	DIR *directory;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%d/fd", o->proc, pid);
	if ((directory = opendir(path)) == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL) {
		n = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (strncmp(link, "socket:[", 8) == 0)
			count_socket(o, strtoull(link + 8, NULL, 10), to);
	}
	closedir(directory);
	return 0;
}

/* The second number of statm; -1 when the process is gone. */
static int64_t
resident(const struct observer *o, int pid)
{
	char path[128], text[128], *second;

	snprintf(path, sizeof(path), "%s/%d/statm", o->proc, pid);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    (second = strchr(text, ' ')) == NULL)
		return -1;
	return strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE);
}

/* What the processes of one worker add up to. */
struct sum {
	struct observer *observer;
	struct observed *seen;
	int64_t rss;
};

static void
add_process(pid_t pid, int depth, void *with)
{
	struct sum *sum = with;
	int64_t bytes = resident(sum->observer, pid);

	(void)depth;
	if (bytes == -1)
		return;
	sum->rss = (sum->rss == -1 ? 0 : sum->rss) + bytes;
	if (count_sockets(sum->observer, pid, sum->seen) == -1 && errno != ENOENT)
		sum->seen->connections = sum->seen->queue = INT_MIN / 2;	/* stays below 0 */
}

const struct keeper_record *
observe_keeper(const struct served *sv, uint32_t serial)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (sv->keepers[i].serial == serial)
			return &sv->keepers[i];
	return NULL;
}

void
observe_generation(struct observer *o, const struct keeper_record *k, struct observed *to)
{
	int i;

	memset(to, 0, sizeof(*to));
	o->counts++;
	for (i = 0; i < WORKERS; i++) {
		struct sum sum = { o, to, -1 };

		if (k->workers[i].pid > 0)
			descend(o->proc, k->workers[i].pid, add_process, &sum);
		to->rss[i] = sum.rss;
	}
	if (to->connections < 0)
		to->connections = to->queue = -1;
}
