/* outbox.c - messages to a peer that may be slow for a moment. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/wire.h"
#include "watcher/outbox.h"

void
outbox_init(struct outbox *o, int channel)
{
	*o = (struct outbox){ .channel = channel };
}

static void
drop(struct outbox *o, int at)
{
	size_t after = (size_t)(--o->count - at);

	fd_close(&o->fds[at]);
	memmove(&o->messages[at], &o->messages[at + 1], after * sizeof(o->messages[0]));
	memmove(&o->fds[at], &o->fds[at + 1], after * sizeof(o->fds[0]));
}

/* What may be lost first: what only tells; else the oldest, which a newer one has made old. */
static int
least(const struct outbox *o)
{
	int i;

	for (i = 0; i < o->count; i++)
		if (o->messages[i].type != MESSAGE_BUILT &&
		    o->messages[i].type != MESSAGE_BUILD_SAME)
			return i;
	return 0;
}

void
outbox_send(struct outbox *o, const struct message *m, int fd)
{
	if (o->count == OUTBOX_ROOM) {
		log_line(LOG_WARNING, "init takes no messages: one of them is dropped");
		drop(o, least(o));
	}
	o->messages[o->count] = *m;
	o->fds[o->count++] = fd;
	outbox_flush(o);
}

/* A peer that is gone shows as the end of the channel; what was for it is dropped. */
void
outbox_flush(struct outbox *o)
{
	while (o->count > 0) {
		if (wire_send(o->channel, &o->messages[0], o->fds[0]) == -1 && errno == EAGAIN)
			return;
		drop(o, 0);
	}
}

bool
outbox_waits(const struct outbox *o)
{
	return o->count > 0;
}
