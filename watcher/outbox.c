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
drop_first(struct outbox *o)
{
	fd_close(&o->fds[0]);
	o->count--;
	memmove(&o->messages[0], &o->messages[1], (size_t)o->count * sizeof(o->messages[0]));
	memmove(&o->fds[0], &o->fds[1], (size_t)o->count * sizeof(o->fds[0]));
}

void
outbox_send(struct outbox *o, const struct message *m, int fd)
{
	if (o->count == OUTBOX_ROOM) {
		log_line(LOG_WARNING, "init takes no messages: the oldest one is dropped");
		drop_first(o);
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
		drop_first(o);
	}
}

bool
outbox_waits(const struct outbox *o)
{
	return o->count > 0;
}
