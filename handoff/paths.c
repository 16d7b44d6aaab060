/* paths.c - the path of a listener is not its worker's to remove, nor in its way. */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "handoff/keep.h"

/* What stands at `at`, up to a NUL; a read must not run over the end of what is mapped. */
static int
read_text(pid_t pid, uint64_t at, char *to, size_t size)
{
	size_t got = 0, page = (size_t)sysconf(_SC_PAGESIZE), part;
	ssize_t n;

	while (got < size) {
		part = page - (size_t)((at + got) % page);
		part = part < size - got ? part : size - got;
		if ((n = trap_read(pid, at + got, to + got, part)) <= 0)
			return -1;
		if (memchr(to + got, '\0', (size_t)n) != NULL)
			return 0;
		got += (size_t)n;
	}
	return -1;		/* longer than any path of ours */
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* The names alone first: files that are called otherwise cost no look at a directory. */
static int
listener_at(const struct keeper *k, pid_t pid, const struct address *a)
{
	struct address whole = *a;
	int i;

	for (i = 0; i < k->slot_count; i++)
		if (k->slots[i].address.family == AF_UNIX &&
		    strcmp(base_of(k->slots[i].address.path), base_of(a->path)) == 0)
			break;
	if (i == k->slot_count || adopt_resolve(pid, &whole) == -1)
		return -1;
	for (i = 0; i < k->slot_count; i++)
		if (address_equal(&k->slots[i].address, &whole))
			return i;
	return -1;
}

void
paths_unlink(struct keeper *k, int index, const struct trap_call *asked)
{
	int notify = k->workers[index].notify;
	struct address a = { .family = AF_UNIX };
	bool at_directory = asked->call == SYS_unlinkat;

	if (k->slot_count > 0 &&
	    read_text(asked->pid, asked->args[at_directory], a.path, sizeof(a.path)) == 0 &&
	    listener_at(k, asked->pid, &a) != -1 && trap_waits(notify, asked->id)) {
		log_line(LOG_DEBUG, "generation %u: worker %d removes %s: it stays",
		    k->config->serial, index, a.path);
		trap_answer(notify, asked->id, 0, 0);
	} else
		trap_go_on(notify, asked->id);
}

/*
 * Some look before they bind whether somebody listens there already (php-fpm), and would be told so by
 * the generation before. Who has its socket may connect to it.
 */
void
paths_connect(struct keeper *k, int index, const struct trap_call *asked)
{
	struct worker *w = &k->workers[index];
	struct sockaddr_un where = { 0 };
	size_t length = asked->args[2] < sizeof(where) ? (size_t)asked->args[2] : sizeof(where);
	struct address a;

	if (!w->bound && trap_read(asked->pid, asked->args[1], &where, length) == (ssize_t)length &&
	    where.sun_family == AF_UNIX && address_from_sockaddr(&a, &where, length) == 0 &&
	    listener_at(k, asked->pid, &a) != -1 && trap_waits(w->notify, asked->id))
		trap_answer(w->notify, asked->id, -1, ECONNREFUSED);
	else
		trap_go_on(w->notify, asked->id);
}
