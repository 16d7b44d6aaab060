/* A bind that is trapped: what is taken over, what goes on untouched, and what becomes of a slot. */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/wire.h"
#include "handoff/adopt.h"
#include "handoff/filter.h"

enum { GOOD = 0, BAD = 9, ASKED = 4321, WAIT_MS = 5000 };

static int notify = -1;
static pid_t worker;

static int
trap_bind(void)
{
	struct sock_filter code[FILTER_MOST];
	struct sock_fprog program = { .filter = code };

	program.len = (unsigned short)filter_program(code, TRAP_BIND);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	    &program);
}

/* A child that does `job` with its bind trapped; the notification descriptor is in `notify`. */
static void
start(int (*job)(void))
{
	struct message m = { 0 };
	int ends[2], fd;

	cr_assert_eq(wire_pair(ends), 0);
	if ((worker = fork()) == 0) {
		if ((fd = trap_bind()) == -1)
			_exit(errno);
		wire_send(ends[1], &m, fd);
		close(fd);
		_exit(job());
	}
	close(ends[1]);
	cr_assert_eq(poll(&(struct pollfd){ ends[0], POLLIN, 0 }, 1, WAIT_MS), 1);
	if (wire_receive(ends[0], &m, &notify) != 1)
		cr_skip("this kernel does not let a process trap bind");
	close(ends[0]);
}

static int
next_call(struct bind_call *call)
{
	struct trap_call asked;

	cr_assert_eq(poll(&(struct pollfd){ notify, POLLIN, 0 }, 1, WAIT_MS), 1, "no bind came");
	cr_assert_eq(trap_receive(notify, &asked), 1);
	return adopt_consider(notify, &asked, call);
}

static int
ended(void)
{
	int status;

	cr_assert_eq(waitpid(worker, &status, 0), worker);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A listening socket as PID 1 makes them, and the port it has. */
static int
slot(in_port_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&a, length), 0);
	cr_assert_eq(listen(fd, 8), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&a, &length), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* --- what workers do -------------------------------------------------------------------------- */

static int
bound_port(int fd)
{
	struct sockaddr_in a = { 0 };
	socklen_t length = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &length) == -1 ? -1 : ntohs(a.sin_port);
}

static int
bind_in(int fd, in_port_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static int
plain(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind_in(fd, ASKED) == -1 || listen(fd, 1) == -1 || bound_port(fd) == ASKED)
		return BAD;
	return fcntl(fd, F_GETFL) & O_NONBLOCK || fcntl(fd, F_GETFD) & FD_CLOEXEC ? BAD : GOOD;
}

static int
careful(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (bind_in(fd, ASKED) == -1 || bound_port(fd) == ASKED)
		return BAD;
	return fcntl(fd, F_GETFL) & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC ? GOOD : BAD;
}

/* As Go does since 1.24. */
static int
multipath(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd == -1)
		fd = socket(AF_INET, SOCK_STREAM, 0);
	return bind_in(fd, ASKED) == 0 && bound_port(fd) != ASKED ? GOOD : BAD;
}

static int
twice(void)
{
	return plain() == GOOD && plain() == GOOD ? GOOD : BAD;
}

static int
datagrams(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), type = 0;
	socklen_t length = sizeof(type);

	if (bind_in(fd, ASKED) == -1 || bound_port(fd) != ASKED)
		return BAD;
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM ?
	    GOOD : BAD;
}

static int
any_port(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return bind_in(fd, 0) == 0 && bound_port(fd) > 0 ? GOOD : BAD;
}

static int
local(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	return bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a,
	    sizeof(sa_family_t)) == 0 ? GOOD : BAD;
}

static int
nowhere(void)
{
	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)8,
	    sizeof(struct sockaddr_in)) == -1 && errno == EFAULT ? GOOD : BAD;
}

static int
by_itself(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	/* several tests at once do this */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind_in(fd, ASKED) == 0 && bound_port(fd) == ASKED ? GOOD : BAD;
}

static int
hidden(void)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return by_itself();
}

/* --- what becomes of it ----------------------------------------------------------------------- */

static void
given(int (*job)(void), int times)
{
	struct bind_call call;
	in_port_t port;
	int fd = slot(&port);

	start(job);
	while (times-- > 0) {
		cr_assert_eq(next_call(&call), 1);
		cr_assert_eq(call.address.family, AF_INET);
		cr_assert_eq(call.address.port, ASKED);
		cr_assert_eq(adopt_give(notify, &call, fd), 0);
	}
	cr_assert_eq(ended(), GOOD);
}

static void
untouched(int (*job)(void))
{
	struct bind_call call;

	start(job);
	cr_assert_eq(next_call(&call), 0);
	cr_assert_eq(errno, 0, "%s", strerror(errno));
	cr_assert_eq(ended(), GOOD);
}

Test(adopt, gives_a_blocking_socket_a_blocking_slot)
{
	given(plain, 1);
}

Test(adopt, keeps_non_blocking_and_close_on_exec)
{
	given(careful, 1);
}

Test(adopt, takes_multipath_tcp_for_tcp)
{
	given(multipath, 1);
}

Test(adopt, gives_the_slot_each_time)
{
	given(twice, 2);
}

Test(adopt, leaves_udp_alone)
{
	untouched(datagrams);
}

Test(adopt, leaves_a_port_that_the_kernel_chooses_alone)
{
	untouched(any_port);
}

Test(adopt, leaves_unix_sockets_alone)
{
	untouched(local);
}

Test(adopt, leaves_a_bad_pointer_to_the_kernel)
{
	untouched(nowhere);
}

Test(adopt, lets_a_call_go_on)
{
	struct bind_call call;

	start(by_itself);
	cr_assert_eq(next_call(&call), 1);
	trap_go_on(notify, call.id);
	cr_assert_eq(ended(), GOOD);
}

Test(adopt, says_when_an_address_may_not_be_read)
{
	struct bind_call call;

	if (geteuid() == 0 && setuid(65534) == -1)
		cr_skip("root may read everything");
	start(hidden);
	cr_assert_eq(next_call(&call), 0);
	cr_assert_eq(errno, EACCES, "%s", strerror(errno));
	cr_assert_eq(ended(), GOOD);
}

Test(adopt, does_not_mind_a_worker_that_is_gone)
{
	struct bind_call call;
	in_port_t port;
	int fd = slot(&port);

	start(plain);
	cr_assert_eq(next_call(&call), 1);
	kill(worker, SIGKILL);
	cr_assert_eq(ended(), 128 + SIGKILL);
	cr_assert_eq(adopt_give(notify, &call, fd), -1);
	cr_assert_eq(errno, ENOENT, "%s", strerror(errno));
}

Test(adopt, does_not_wait_for_a_call_that_was_taken_back)
{
	struct trap_call call;

	start(plain);
	cr_assert_eq(poll(&(struct pollfd){ notify, POLLIN, 0 }, 1, WAIT_MS), 1);
	kill(worker, SIGKILL);
	ended();
	alarm(5);
	cr_assert_leq(trap_receive(notify, &call), 0);
	alarm(0);
}

Test(adopt, lets_a_call_go_on_when_the_slot_cannot_be_given)
{
	struct bind_call call;

	start(by_itself);
	cr_assert_eq(next_call(&call), 1);
	cr_assert_eq(adopt_give(notify, &call, -1), -1);
	cr_assert_eq(errno, EBADF, "%s", strerror(errno));
	cr_assert_eq(ended(), GOOD);
}
