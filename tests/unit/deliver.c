/* Connections that were carried here: a worker's trapped accept returns one of them, once, or none. */
#include <criterion/criterion.h>

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <arpa/inet.h>
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

#include "base/fd.h"
#include "base/wire.h"
#include "handoff/deliver.h"
#include "handoff/filter.h"

enum { WAIT_MS = 5000, NUMBER = 77 };

static int notify = -1, listening = -1, source = -1, client = -1;
static pid_t worker;
static struct address listener;
static struct deliver deliver;

static void
listen_somewhere(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(a);

	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(listening, (struct sockaddr *)&a, length), 0);
	cr_assert_eq(listen(listening, 8), 0);
	cr_assert_eq(getsockname(listening, (struct sockaddr *)&a, &length), 0);
	cr_assert_eq(address_from_sockaddr(&listener, (struct sockaddr_storage *)&a, length), 0);
}

/* A worker accepts one, looks whose it is, and answers who connected. */
static void
be_worker(int channel)
{
	struct sock_filter code[FILTER_MOST];
	struct sock_fprog program = { .filter = code };
	struct sockaddr_in a = { 0 }, peer = { 0 };
	socklen_t length = sizeof(a), peer_length = sizeof(peer);
	struct message m = { 0 };
	int fd;

	alarm(30);
	program.len = (unsigned short)filter_program(code, TRAP_ACCEPT);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if ((fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program)) == -1)
		_exit(errno);
	wire_send(channel, &m, fd);
	close(fd);
	fd = accept4(listening, (struct sockaddr *)&a, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1 || getpeername(fd, (struct sockaddr *)&peer, &peer_length) == -1 ||
	    length != peer_length || memcmp(&a, &peer, length) != 0)
		_exit(1);
	if ((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 || (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
		_exit(2);
	_exit(write(fd, "mine", 4) == 4 ? 0 : 3);
}

static void
begin(void)
{
	struct message m;
	int ends[2];

	listen_somewhere();
	cr_assert_eq(wire_pair(ends), 0);
	if ((worker = fork()) == 0)
		be_worker(ends[1]);
	close(ends[1]);
	cr_assert_eq(poll(&(struct pollfd){ ends[0], POLLIN, 0 }, 1, WAIT_MS), 1);
	if (wire_receive(ends[0], &m, &notify) != 1)
		cr_skip("this kernel does not let a process trap accept");
	close(ends[0]);
	deliver_prepare(&deliver);
	cr_assert_eq(wire_pair(ends), 0);
	deliver_from(&deliver, ends[1]);
	source = ends[0];
}

static void
end(void)
{
	fd_close(&notify);
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
}

TestSuite(deliver, .init = begin, .fini = end);

/* One that another generation had accepted comes here. */
static void
carry_one(void)
{
	struct message m = { .type = MESSAGE_CARRIED, .value = NUMBER };
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(&listener, &where);
	int fd;

	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(client, (struct sockaddr *)&where, length), 0);
	cr_assert_neq(fd = accept(listening, NULL, NULL), -1);
	cr_assert_eq(wire_send(source, &m, fd), 0);
	close(fd);
	deliver_hear(&deliver, 0, 1000);
	cr_assert_eq(deliver.count, 1);
}

/* What its source was told: 0 or errno, -1 nothing. */
static int
told(void)
{
	struct message m;
	int fd = -1;

	if (wire_receive(source, &m, &fd) != 1)
		return -1;
	cr_assert_eq(m.type, MESSAGE_DELIVERED);
	cr_assert_eq(m.value, NUMBER);
	return m.code;
}

static struct trap_call
next_call(void)
{
	struct trap_call call;

	cr_assert_eq(poll(&(struct pollfd){ notify, POLLIN, 0 }, 1, WAIT_MS), 1, "no accept came");
	cr_assert_eq(trap_receive(notify, &call), 1);
	return call;
}

static int
ended(void)
{
	int status;

	cr_assert_eq(waitpid(worker, &status, 0), worker);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Test(deliver, a_trapped_accept_returns_it_as_if_it_had_come_by_itself)
{
	struct trap_call call = next_call();
	char bytes[8];

	cr_assert(!deliver_answer(&deliver, notify, &call, &listener), "nothing waits");
	carry_one();
	if (!deliver_can(notify))
		cr_skip("this kernel cannot return a descriptor");
	cr_assert(deliver_answer(&deliver, notify, &call, &listener));
	cr_expect_eq(ended(), 0);
	cr_expect_eq(told(), 0);
	cr_expect_eq(deliver.count, 0);
	cr_expect_eq(read(client, bytes, sizeof(bytes)), 4);
}

Test(deliver, goes_to_no_other_address)
{
	struct trap_call call = next_call();
	struct address other = listener;

	carry_one();
	other.port ^= 1;
	cr_assert(!deliver_answer(&deliver, notify, &call, &other));
	cr_assert_eq(deliver.count, 1);
}

Test(deliver, rings_until_it_is_accepted_and_then_gives_up)
{
	struct pollfd p;

	carry_one();
	p = (struct pollfd){ listening, POLLIN, 0 };
	cr_assert_eq(poll(&p, 1, 0), 0);
	deliver_due(&deliver, 1000);
	cr_assert_eq(poll(&p, 1, WAIT_MS), 1, "the workers hear of it");
	cr_assert_gt(deliver.ring_at, 1000);
	deliver_due(&deliver, 7000);
	cr_expect_eq(told(), ETIMEDOUT);
	cr_expect_eq(deliver.ring_at, CLOCK_NEVER);
}

/* The keeper that sent it is gone: it is served all the same, and nobody is told. */
Test(deliver, outlives_who_sent_it)
{
	int64_t number = 0;
	int fd;

	carry_one();
	fd_close(&source);
	deliver_hear(&deliver, 0, 1001);
	cr_assert_eq(deliver.sources[0], -1);
	cr_assert_eq(deliver.count, 1);
	cr_assert_neq(fd = deliver_take(&deliver, &number), -1);
	cr_expect_eq(number, NUMBER);
	close(fd);
}

/* This generation dies first: whoever takes it over has it, open, with what was not read in it. */
Test(deliver, can_be_passed_on)
{
	int64_t number = 0;
	char bytes[8];
	int fd;

	carry_one();
	cr_assert_eq(write(client, "ask", 3), 3);
	cr_assert_neq(fd = deliver_take(&deliver, &number), -1);
	cr_expect_eq(told(), 0);
	cr_expect_eq(read(fd, bytes, sizeof(bytes)), 3);
	cr_expect_eq(deliver_take(&deliver, &number), -1);
	close(fd);
}

/* As Linux before 5.14 has it: the flag is not known, EINVAL. */
static int
on_an_old_kernel(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SECCOMP_IOCTL_NOTIF_ADDFD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		return -1;
	return deliver_can(notify);
}

Test(deliver, knows_a_kernel_that_cannot)
{
	pid_t pid;
	int status;

	if ((pid = fork()) == 0)
		_exit(on_an_old_kernel());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_not(deliver_can(-1));
}
