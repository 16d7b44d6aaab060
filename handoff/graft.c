/* graft.c - put an ended connection in the place of a worker's own, while it is stopped. */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "handoff/graft.h"

static int
list_epolls(struct graft *g)
{
	char path[32], link[64];
	struct dirent *entry = NULL;
	DIR *fds;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)g->remote.pid);
	if ((fds = opendir(path)) == NULL)
		return -1;
	for (errno = 0; errno == 0 && (entry = readdir(fds)) != NULL; errno = 0) {
		n = readlinkat(dirfd(fds), entry->d_name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		if (strcmp(link, "anon_inode:[io_uring]") == 0)
			break;		/* it may be reading already, through no descriptor */
		if (strcmp(link, "anon_inode:[eventpoll]") != 0)
			continue;
		if (g->count == GRAFT_EPOLLS)
			break;
		g->epolls[g->count++] = atoi(entry->d_name);
	}
	closedir(fds);
	errno = EPERM;
	return entry == NULL ? 0 : -1;
}

/* A pair of which one end is closed: the other is at its end, and says so. */
static int
make_dead(struct graft *g)
{
	struct remote *r = &g->remote;
	uint64_t at = remote_borrow(r);
	uint64_t pair[6] = { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, at };
	int ends[2];

	if (at == 0 || remote_call(r, SYS_socketpair, pair) == -1 ||
	    remote_read(r, at, ends, sizeof(ends)) == -1)
		return -1;
	g->dead = ends[0];
	return remote_call(r, SYS_close, (uint64_t[6]){ (uint64_t)ends[1] }) == -1 ? -1 : 0;
}

int
graft_begin(struct graft *g, pid_t pid)
{
	g->dead = -1;
	g->count = 0;
	if (remote_stop(&g->remote, pid) == -1)
		return -1;
	return list_epolls(g) == -1 || make_dead(g) == -1 ? -1 : 0;
}

void
graft_end(struct graft *g)
{
	if (g->dead != -1)
		remote_call(&g->remote, SYS_close, (uint64_t[6]){ (uint64_t)g->dead });
	g->dead = -1;
	remote_go(&g->remote);
}

/* --- epoll ------------------------------------------------------------------------------------ */

/* What one instance is asked to report about a descriptor (proc(5), fdinfo of epoll). */
struct watch {
	int epoll;
	struct epoll_event event;
};

/* 1, 0 when it does not watch that one, or -1. Read to its end: there can be thousands. */
static int
find_watch(pid_t pid, int epoll, int fd, struct watch *to)
{
	char path[48], line[256];
	unsigned events;
	unsigned long long data;
	int watched, found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, epoll);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	while (found == 0 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "tfd: %d events: %x data: %llx", &watched, &events, &data) == 3 &&
		    watched == fd) {
			*to = (struct watch){ epoll, { .events = events, .data.u64 = data } };
			found = 1;
		}
	if (ferror(f))
		found = -1;
	fclose(f);
	return found;
}

static int
control(struct graft *g, int operation, int fd, const struct watch *w)
{
	struct remote *r = &g->remote;
	uint64_t at = remote_borrow(r);

	if (at == 0 || remote_write(r, at, &w->event, sizeof(w->event)) == -1)
		return -1;
	return (int)remote_call(r, SYS_epoll_ctl, (uint64_t[6]){ (uint64_t)w->epoll,
		(uint64_t)operation, (uint64_t)fd, at });
}

static int
find_watches(const struct graft *g, int fd, struct watch *to)
{
	int i, found, count = 0;

	for (i = 0; i < g->count; i++, count += found)
		if ((found = find_watch(g->remote.pid, g->epolls[i], fd, &to[count])) == -1)
			return -1;
	return count;
}

/* --- taking ----------------------------------------------------------------------------------- */

static uint64_t
flags_of(pid_t pid, int fd)
{
	char path[48], text[512];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1 ||
	    (line = strstr(text, "flags:")) == NULL)
		return O_CLOEXEC;
	return strtoul(line + strlen("flags:"), NULL, 8) & O_CLOEXEC;
}

int
graft_take(struct graft *g, int fd)
{
	struct watch watches[GRAFT_EPOLLS];
	int count = find_watches(g, fd, watches), i, done, result = -1;
	uint64_t flags = flags_of(g->remote.pid, fd);

	for (done = 0; done < count; done++)
		if (control(g, EPOLL_CTL_DEL, fd, &watches[done]) == -1)
			break;
	if (done == count && remote_call(&g->remote, SYS_dup3, (uint64_t[6]){ (uint64_t)g->dead,
	    (uint64_t)fd, flags }) != -1)
		result = 0;
	for (i = 0; i < done; i++)	/* as it was, or for the dead one */
		control(g, EPOLL_CTL_ADD, fd, &watches[i]);
	return result;
}

/* --- copies ----------------------------------------------------------------------------------- */

/* A message as it lies in the worker's memory, with all that it points to behind it. */
struct parcel {
	struct msghdr message;
	struct iovec vector;
	struct sockaddr_un to;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
};

_Static_assert(sizeof(struct parcel) <= REMOTE_ROOM, "it has to fit in what is borrowed");

static void
pack(struct parcel *p, uint64_t at, const struct sockaddr_un *to, socklen_t length, int fd)
{
	struct cmsghdr *c = &p->control.header;

	memset(p, 0, sizeof(*p));
	p->to = *to;
	p->vector = (struct iovec){ (void *)(at + offsetof(struct parcel, to)), 1 };
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	p->message = (struct msghdr){
		.msg_name = (void *)(at + offsetof(struct parcel, to)),
		.msg_namelen = length,
		.msg_iov = (void *)(at + offsetof(struct parcel, vector)),
		.msg_iovlen = 1,
		.msg_control = (void *)(at + offsetof(struct parcel, control)),
		.msg_controllen = sizeof(p->control),
	};
}

/* A socket of ours with a name that the kernel chooses (unix(7), autobind). */
static int
open_letterbox(struct sockaddr_un *name, socklen_t *length)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	*length = sizeof(*name);
	if (fd != -1 && (bind(fd, (struct sockaddr *)&any, sizeof(any.sun_family)) == -1 ||
	    getsockname(fd, (struct sockaddr *)name, length) == -1))
		fd_close(&fd);
	return fd;
}

static int
take_copy(int letterbox)
{
	struct parcel p = { 0 };
	char byte;
	int fd = -1;

	p.vector = (struct iovec){ &byte, 1 };
	p.message = (struct msghdr){ .msg_iov = &p.vector, .msg_iovlen = 1,
		.msg_control = p.control.room, .msg_controllen = sizeof(p.control.room) };
	if (recvmsg(letterbox, &p.message, MSG_CMSG_CLOEXEC) == 1 &&
	    p.control.header.cmsg_type == SCM_RIGHTS &&
	    p.control.header.cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(&p.control.header), sizeof(fd));
	return fd;
}

static int
send_all(struct remote *r, int letterbox, const struct sockaddr_un *name, socklen_t length,
    const int *fds, int count, int *copies)
{
	uint64_t at = remote_borrow(r);
	long from = at == 0 ? -1 : remote_call(r, SYS_socket,
	    (uint64_t[6]){ AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK });
	struct parcel p;
	int i;

	if (from == -1)
		return -1;
	for (i = 0; i < count; i++) {
		pack(&p, at, name, length, fds[i]);
		if (remote_write(r, at, &p, sizeof(p)) == 0 &&
		    remote_call(r, SYS_sendmsg, (uint64_t[6]){ (uint64_t)from, at }) == 1)
			copies[i] = take_copy(letterbox);
	}
	remote_call(r, SYS_close, (uint64_t[6]){ (uint64_t)from });
	return 0;
}

int
graft_copy(pid_t pid, const int *fds, int count, int *copies)
{
	static struct remote r;
	struct sockaddr_un name;
	socklen_t length;
	int letterbox, result = -1, i, code;

	for (i = 0; i < count; i++)
		copies[i] = -1;
	if ((letterbox = open_letterbox(&name, &length)) == -1)
		return -1;
	if (remote_stop(&r, pid) == 0) {
		result = send_all(&r, letterbox, &name, length, fds, count, copies);
		code = errno;
		remote_go(&r);
		errno = code;
	}
	fd_close(&letterbox);
	return result;
}
