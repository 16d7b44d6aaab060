/* newest.c - does what the watcher says ask for a handoff? No system calls. */
#include <stddef.h>

#include "handoff/service.h"
#include "init/newest.h"

bool
newest_wants(const struct message *m, int32_t heading, bool stale)
{
	if (m->type == MESSAGE_BUILT)
		return true;
	return m->type == MESSAGE_BUILD_SAME && m->code == 0 && (m->release != heading || stale);
}

bool
newest_stale(const struct service *s)
{
	const struct generation *live = service_look(s, s->live);

	return live != NULL && s->failed_turn > live->turn;
}
