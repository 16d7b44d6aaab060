/* shield.c - a slot is not its worker's to shut down. */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "handoff/adopt.h"
#include "handoff/keep.h"
#include "handoff/remote.h"

/* Which of our slots a descriptor of that process is, or -1. */
static int
slot_behind(const struct keeper *k, int worker, pid_t pid, int fd)
{
	struct stat theirs, ours;
	char path[48];
	int i;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	if (k->slot_count == 0 || !proc_is_ours() || stat(path, &theirs) == -1)
		return -1;
	for (i = 0; i < k->slot_count; i++)
		if (fstat(k->slots[i].sockets[worker], &ours) == 0 && ours.st_ino == theirs.st_ino &&
		    ours.st_dev == theirs.st_dev)
			return i;
	return -1;
}

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
	int slot = slot_behind(k, index, asked->pid, (int)asked->args[0]);

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
