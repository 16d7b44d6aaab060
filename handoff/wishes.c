/* wishes.c - what a worker has set on its socket before bind, kept on the slot it is given. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "handoff/keep.h"

/* --- their socket ----------------------------------------------------------------------------- */

/* A copy of it, where pidfd_getfd(2) is allowed; or -1. The pid is a thread's, perhaps. */
static int
copy_of(pid_t pid, int fd)
{
	char path[40], text[1024];
	const char *line;
	int process, copy = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (proc_is_ours() && fd_read_text(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	    (line = strstr(text, "\nTgid:")) != NULL)
		pid = (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10);
	if ((process = (int)syscall(SYS_pidfd_open, pid, 0)) == -1)
		return -1;
	copy = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	fd_close(&process);
	return copy;
}

bool
wishes_are_seen(void)
{
	int process = (int)syscall(SYS_pidfd_open, getpid(), 0), copy;

	if (process == -1)
		return false;
	copy = (int)syscall(SYS_pidfd_getfd, process, process, 0);
	fd_close(&process);
	if (copy == -1)
		return false;
	fd_close(&copy);
	return true;
}

static uint64_t
inode_of(pid_t pid, int fd)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	return proc_is_ours() && stat(path, &st) == 0 ? st.st_ino : 0;
}

/* --- what was noted --------------------------------------------------------------------------- */

static struct wish *
noted(struct keeper *k, uint64_t inode)
{
	int i;

	for (i = 0; i < KEEP_WISHES && inode != 0; i++)
		if (k->wishes[i].inode == inode)
			return &k->wishes[i];
	return NULL;
}

/* Sockets that are never bound give their place to later ones. */
static struct wish *
place_for(struct keeper *k, uint64_t inode)
{
	struct wish *w = noted(k, inode);

	if (w != NULL || inode == 0)
		return w;
	w = &k->wishes[k->next_wish++ % KEEP_WISHES];
	*w = (struct wish){ .inode = inode };
	return w;
}

void
wishes_note(struct keeper *k, int index, const struct trap_call *asked)
{
	int notify = k->workers[index].notify, value;
	int level = (int)asked->args[1], option = (int)asked->args[2];
	int which = traits_find(level, option);
	struct wish *w;

	if (asked->args[4] >= sizeof(value) &&
	    trap_read(asked->pid, asked->args[3], &value, sizeof(value)) == sizeof(value) &&
	    trap_waits(notify, asked->id) &&
	    (w = place_for(k, inode_of(asked->pid, (int)asked->args[0]))) != NULL) {
		if (which != -1)
			traits_add(&w->traits, (enum trait)which, value);
		else if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY)
			w->v6only = value != 0;
	}
	trap_go_on(notify, asked->id);
}

/* --- what is to be had ------------------------------------------------------------------------ */

static bool
v6only_of(int fd)
{
	int on = 0;
	socklen_t length = sizeof(on);

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, &length) == 0 && on != 0;
}

struct wish
wishes_of(struct keeper *k, const struct bind_call *call)
{
	struct wish got = { .inode = 0 }, *was;
	int copy = copy_of(call->pid, call->fd);

	if (copy != -1) {
		traits_read(copy, &got.traits);
		got.v6only = v6only_of(copy);
		fd_close(&copy);
	} else if ((was = noted(k, inode_of(call->pid, call->fd))) != NULL)
		got = *was;
	return got;
}

/* Once: the generations after the first have the same command, as a rule. */
static enum log_level
how_loud(const struct keeper *k, enum log_level level)
{
	return k->config->serial == 1 ? level : LOG_DEBUG;
}

static void
say_lost(const struct keeper *k, int index, uint32_t failed, int code)
{
	static bool said;
	char names[160] = "";
	int i;

	for (i = 0; i < TRAITS; i++)
		if ((failed & UINT32_C(1) << i) != 0)
			text_append(names, sizeof(names), "%s%s", *names != '\0' ? ", " : "",
			    traits_name((enum trait)i));
	if (!said)
		log_line(how_loud(k, LOG_WARNING), "generation %u: worker %d has set %s on its "
		    "socket, which the one it is given cannot have: %s", k->config->serial, index,
		    names, strerror(code));
	said = true;
}

void
wishes_grant(const struct keeper *k, int index, const struct wish *w, int slot)
{
	static bool said;
	uint32_t failed = traits_apply(slot, &w->traits);
	int family = 0;
	socklen_t length = sizeof(family);

	if (failed != 0)
		say_lost(k, index, failed, errno);
	if (!w->v6only || said || v6only_of(slot) ||
	    getsockopt(slot, SOL_SOCKET, SO_DOMAIN, &family, &length) == -1 || family != AF_INET6)
		return;
	said = true;
	log_line(how_loud(k, LOG_INFO), "generation %u: worker %d binds for IPv6 alone "
	    "(IPV6_V6ONLY) and is given IPv4 as well; BATON_LISTEN='[::]:PORT?v6only=on' is for IPv6 alone",
	    k->config->serial, index);
}
