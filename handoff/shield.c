/* shield.c - a slot is not its worker's to shut down. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "handoff/adopt.h"
#include "handoff/keep.h"
#include "handoff/remote.h"

/* What a socket is when it does not listen any more: accept says EINVAL. */
static int
put_dead_socket(int notify, const struct trap_call *asked)
{
	struct bind_call call = { .id = asked->id, .pid = asked->pid, .fd = (int)asked->args[0] };
	int dead = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	if (dead == -1)
		return -1;
	result = adopt_give(notify, &call, dead);
	fd_close(&dead);
	return result;
}

static void
say(const struct keeper *k, int index, int slot)
{
	static bool said;
	char text[ADDRESS_TEXT];

	address_print(text, &k->slots[slot].address);
	if (!said)
		log_line(LOG_INFO, "generation %u: worker %d shuts its listening socket on %s down: "
		    "for itself alone, others need it", k->config->serial, index, text);
	said = true;
}

void
shield_consider(struct keeper *k, int index, const struct trap_call *asked)
{
	int notify = k->workers[index].notify;
	int slot = calls_slot(k, index, asked->pid, (int)asked->args[0]);

	if (slot == -1) {
		trap_go_on(notify, asked->id);
		return;
	}
	if (put_dead_socket(notify, asked) == -1)
		return;		/* it went on, or is gone */
	say(k, index, slot);
	/* servers do this to wake those of their threads that wait in accept */
	remote_nudge(asked->pid);
}
