/*
 * outbox.h - messages to a peer that may be slow for a moment: sent in order, none waited for.
 */
#ifndef WATCHER_OUTBOX_H
#define WATCHER_OUTBOX_H

#include <stdbool.h>

#include "base/message.h"

enum { OUTBOX_ROOM = 16 };

struct outbox {
	int channel, count;
	struct message messages[OUTBOX_ROOM];
	int fds[OUTBOX_ROOM];
};

void outbox_init(struct outbox *o, int channel);

/*
 * Takes over fd (-1 for none). When there is no room an old message is dropped, and that said: the
 * newest state of the sources is never lost.
 */
void outbox_send(struct outbox *o, const struct message *m, int fd);

/* Send what the peer takes now. */
void outbox_flush(struct outbox *o);

/* Is there something that waits for the peer? */
bool outbox_waits(const struct outbox *o);

#endif
