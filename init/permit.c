/* permit.c - who may send what to PID 1. */
#include "init/permit.h"

enum { NEVER, BARE, WITH_FD };

static const unsigned char table[PEERS][MESSAGE_TYPES] = {
	[PEER_KEEPER] = {
		[MESSAGE_BIND] = BARE,
		[MESSAGE_ADOPTED] = BARE,
		[MESSAGE_ANNOUNCED] = BARE,
		[MESSAGE_READY] = BARE,
		[MESSAGE_RETIRED] = BARE,
		[MESSAGE_FELL] = WITH_FD,
		[MESSAGE_WORKER_UP] = BARE,
		[MESSAGE_WORKER_DOWN] = BARE,
		[MESSAGE_FAILED] = WITH_FD,
		[MESSAGE_DRAIN_STATE] = BARE,
		[MESSAGE_DRAIN_DONE] = BARE,
		[MESSAGE_HEAVY] = BARE,
		[MESSAGE_FIGURE] = BARE,
		[MESSAGE_CONNECTIONS] = WITH_FD,
		[MESSAGE_SAYS] = BARE,
		[MESSAGE_MAIN] = BARE,
		[MESSAGE_EXTEND] = BARE,
		[MESSAGE_NAME] = BARE,
		[MESSAGE_STORE] = WITH_FD,
		[MESSAGE_STORE_REMOVE] = BARE,
		[MESSAGE_STOPPED] = BARE,
	},
	[PEER_WATCH] = {
		[MESSAGE_BUILD_STARTED] = BARE,
		[MESSAGE_BUILT] = BARE,
		[MESSAGE_BUILD_SAME] = BARE,
		[MESSAGE_BUILD_FAILED] = WITH_FD,
	},
	[PEER_STORE] = {
		[MESSAGE_IN_USE] = BARE,
	},
	[PEER_PROBE] = {
		[MESSAGE_PROBE_FROM] = BARE,
		[MESSAGE_PROBE_PASSED] = BARE,
		[MESSAGE_PROBE_FAILED] = BARE,
	},
	[PEER_CLIENT] = {
		[MESSAGE_ASK_STATUS] = BARE,
		[MESSAGE_ASK_RELOAD] = BARE,
		[MESSAGE_ASK_BUILD] = BARE,
		[MESSAGE_ASK_ROLLBACK] = BARE,
		[MESSAGE_ASK_PROMOTE] = BARE,
		[MESSAGE_ASK_READY] = BARE,
		[MESSAGE_ASK_LIVE] = BARE,
		[MESSAGE_ASK_UPGRADE] = WITH_FD,
	},
	[PEER_REHEARSAL] = {
		[MESSAGE_REHEARSED] = BARE,
		[MESSAGE_REFUSED] = BARE,
	},
};

bool
permit(enum peer who, const struct message *m, int fd)
{
	if (m->type >= MESSAGE_TYPES)
		return false;
	/* a descriptor that may come may also not be had: then it comes without */
	return table[who][m->type] == WITH_FD || (table[who][m->type] == BARE && fd == -1);
}
