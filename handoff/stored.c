/* stored.c - the keeper's part in keeping descriptors for whoever comes next: PID 1 has them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "handoff/keep.h"

/* All of a name but its end, which comes in the message that it is for. */
static const char *
send_name(struct keeper *k, const char *name)
{
	char part[MESSAGE_TEXT];

	while (strlen(name) >= MESSAGE_TEXT) {
		text_copy(part, sizeof(part), name);
		keep_tell(k, MESSAGE_NAME, 0, 0, part, -1);
		name += MESSAGE_TEXT - 1;
	}
	return name;
}

void
stored_take(struct keeper *k, int index, struct notified *got)
{
	const struct notice *n = &got->notice;
	int i;

	if (n->bad_name)
		log_line(LOG_WARNING, "generation %u: worker %d says FDNAME with what cannot be a "
		    "name (1 to 255 bytes, no ':', no control characters): \"stored\" is taken",
		    k->config->serial, index);
	if (got->count == 0 || got->lost)
		log_line(LOG_WARNING, "generation %u: worker %d says FDSTORE=1, and %s",
		    k->config->serial, index, got->lost ? "not all of its descriptors could be "
		    "received (RLIMIT_NOFILE)" : "sends no descriptor");
	for (i = 0; i < got->count; i++)
		keep_tell(k, MESSAGE_STORE, index, n->poll, send_name(k, n->name), got->fds[i]);
}

void
stored_remove(struct keeper *k, const struct notice *n)
{
	if (n->named)
		keep_tell(k, MESSAGE_STORE_REMOVE, 0, 0, send_name(k, n->name), -1);
}

void
stored_name(struct keeper *k, const char *part)
{
	text_append(k->naming, sizeof(k->naming), "%s", part);
}

void
stored_add(struct keeper *k, const char *end, int64_t id, int fd)
{
	int copy = fd != -1 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;

	stored_name(k, end);
	if (copy == -1 || deposit_add(&k->deposits, (uint32_t)id, copy, k->naming, false,
	    DEPOSITS) == NULL) {
		log_line(LOG_WARNING, "generation %u: a worker that starts from now on will not be "
		    "given the stored descriptor '%s': %s", k->config->serial, k->naming,
		    copy == -1 ? "no descriptor is free (RLIMIT_NOFILE)" : strerror(errno));
		fd_close(&copy);
	}
	k->naming[0] = '\0';
}

void
stored_drop(struct keeper *k, int64_t id)
{
	struct deposit *d = deposit_find(&k->deposits, (uint32_t)id);

	if (d != NULL)
		deposit_drop(&k->deposits, d);
}
