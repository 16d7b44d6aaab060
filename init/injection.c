/* injection.c - does this runtime let baton answer a worker's bind? */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/trap.h"
#include "base/wire.h"
#include "handoff/deliver.h"
#include "handoff/filter.h"
#include "init/injection.h"

enum { PATIENCE_MS = 2000, ASKED_PORT = 9 };

/* A filter that traps bind(2) and nothing else. */
static int
trap_bind(void)
{
	struct sock_filter code[FILTER_MOST];
	struct sock_fprog program = { .filter = code };

	program.len = (unsigned short)filter_program(code, TRAP_BIND);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* The child: a worker that binds one port and is given another. Exits 0 when it was. */
static _Noreturn void
play_worker(int channel)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(ASKED_PORT) };
	struct message m = { 0 };
	socklen_t length = sizeof(a);
	int notify, fd;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* PID 1 is not dumpable, and what it forks neither; a worker is again from its exec on */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	notify = trap_bind();
	m.code = notify == -1 ? errno : 0;
	if (wire_send(channel, &m, notify) == -1 || notify == -1)
		_exit(1);
	fd_close(&notify);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &length) == -1)
		_exit(1);
	_exit(ntohs(a.sin_port) != ASKED_PORT ? 0 : 1);
}

static bool
wait_for(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, PATIENCE_MS) == 1;
}

static int
receive_notify(int channel, int *notify)
{
	struct message m;

	if (!wait_for(channel))
		return ETIMEDOUT;
	if (wire_receive(channel, &m, notify) != 1)
		return EPROTO;
	return *notify == -1 && m.code == 0 ? EPROTO : m.code;
}

/* Read what the child wants to bind, out of its memory. */
static int
read_address(const struct seccomp_notif *asked)
{
	struct sockaddr_in a = { 0 };

	errno = EIO;
	if (trap_read((pid_t)asked->pid, asked->data.args[1], &a, sizeof(a)) != sizeof(a))
		return errno;
	return a.sin_port == htons(ASKED_PORT) ? 0 : EPROTO;
}

/* A socket of our own, on a port that the kernel chooses, in the place of the child's. */
static int
give_socket(int notify, const struct seccomp_notif *asked)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct seccomp_notif_addfd give = {
		.id = asked->id, .flags = SECCOMP_ADDFD_FLAG_SETFD,
		.newfd = (uint32_t)asked->data.args[0], .newfd_flags = O_CLOEXEC,
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error = 0;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	give.srcfd = (uint32_t)fd;
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    ioctl(notify, SECCOMP_IOCTL_NOTIF_ADDFD, &give) == -1)
		error = errno;
	fd_close(&fd);
	return error;
}

static int
answer(int notify, const struct seccomp_notif *asked)
{
	struct seccomp_notif_resp response = { .id = asked->id };

	return ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, &response) == -1 ? errno : 0;
}

static void
play_keeper(int channel, struct injection *found)
{
	struct seccomp_notif asked = { 0 };
	int notify = -1;

	if ((found->filter = receive_notify(channel, &notify)) != 0)
		return;
	found->carried = deliver_can(notify) ? 0 : EINVAL;
	if (!wait_for(notify))
		found->filter = ETIMEDOUT;
	else if (ioctl(notify, SECCOMP_IOCTL_NOTIF_RECV, &asked) == -1)
		found->filter = errno;
	else if ((found->memory = read_address(&asked)) == 0 &&
	    (found->descriptor = give_socket(notify, &asked)) == 0)
		found->descriptor = answer(notify, &asked);
	fd_close(&notify);
}

bool
injection_try(struct injection *found)
{
	int ends[2] = { -1, -1 }, status;
	pid_t pid;

	*found = (struct injection){ ECANCELED, ECANCELED, ECANCELED, ECANCELED };
	if (wire_pair(ends) == -1 || (pid = fork()) == -1) {
		found->filter = errno;
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		return false;
	}
	if (pid == 0)
		play_worker(ends[1]);
	fd_close(&ends[1]);
	play_keeper(ends[0], found);
	fd_close(&ends[0]);
	/* with its listener closed a trapped bind fails by itself; this is for what we cannot see */
	if (found->descriptor != 0)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return false;
	if (found->descriptor == 0 && status != 0)
		found->descriptor = EBADE;
	return found->descriptor == 0;
}
