/* filter.c - which calls wait, which are refused, and which go by, by running the program. */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>

#include "handoff/filter.h"

#if defined(__x86_64__)
enum { FOREIGN = AUDIT_ARCH_I386 };
#define NATIVE AUDIT_ARCH_X86_64
#else
enum { FOREIGN = AUDIT_ARCH_ARM };
#define NATIVE AUDIT_ARCH_AARCH64
#endif

/* The few instructions that the programs are made of, as the kernel runs them. */
static uint32_t
run(const struct sock_filter *code, int count, const struct seccomp_data *data)
{
	uint32_t a = 0;
	int at;

	for (at = 0; at < count; at++)
		switch (code[at].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + code[at].k, sizeof(a));
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == code[at].k ? code[at].jt : code[at].jf;
			break;
		case BPF_RET | BPF_K:
			return code[at].k;
		default:
			cr_assert_fail("instruction %#x", code[at].code);
		}
	cr_assert_fail("it runs over its end");
	return 0;
}

static uint32_t
asked(unsigned traps, struct seccomp_data data)
{
	struct sock_filter code[FILTER_MOST];
	int count = filter_program(code, traps);

	cr_assert(count <= FILTER_MOST);
	if (data.arch == 0)
		data.arch = NATIVE;
	return run(code, count, &data);
}

Test(filter, lets_go_by_what_is_not_trapped)
{
	cr_assert_eq(asked(0, (struct seccomp_data){ .nr = SYS_bind }), SECCOMP_RET_ALLOW);
	cr_assert_eq(asked(0, (struct seccomp_data){ .nr = SYS_shutdown }), SECCOMP_RET_ALLOW);
	cr_assert_eq(asked(TRAP_BIND | TRAP_SHUTDOWN, (struct seccomp_data){ .nr = SYS_read }),
	    SECCOMP_RET_ALLOW);
}

Test(filter, traps_bind)
{
	cr_assert_eq(asked(TRAP_BIND, (struct seccomp_data){ .nr = SYS_bind }),
	    SECCOMP_RET_USER_NOTIF);
}

Test(filter, traps_shutdown_but_of_writing)
{
	struct seccomp_data data = { .nr = SYS_shutdown };

	data.args[1] = SHUT_RD;
	cr_assert_eq(asked(TRAP_SHUTDOWN, data), SECCOMP_RET_USER_NOTIF);
	data.args[1] = SHUT_RDWR;
	cr_assert_eq(asked(TRAP_SHUTDOWN, data), SECCOMP_RET_USER_NOTIF);
	data.args[1] = SHUT_WR;
	cr_assert_eq(asked(TRAP_SHUTDOWN, data), SECCOMP_RET_ALLOW);
}

Test(filter, refuses_to_take_the_steering_off)
{
	struct seccomp_data data = { .nr = SYS_setsockopt };

	data.args[1] = SOL_SOCKET;
	data.args[2] = SO_DETACH_REUSEPORT_BPF;
	cr_assert_eq(asked(0, data), SECCOMP_RET_ERRNO | EPERM);
	cr_assert_eq(asked(TRAP_BIND, data), SECCOMP_RET_ERRNO | EPERM);
	data.args[2] = SO_KEEPALIVE;
	cr_assert_eq(asked(TRAP_BIND, data), SECCOMP_RET_ALLOW);
	data.args[1] = SOL_SOCKET + 1;
	data.args[2] = SO_DETACH_REUSEPORT_BPF;
	cr_assert_eq(asked(TRAP_BIND, data), SECCOMP_RET_ALLOW);
}

Test(filter, leaves_a_foreign_architecture_alone)
{
	cr_assert_eq(asked(TRAP_BIND, (struct seccomp_data){ .nr = SYS_bind, .arch = FOREIGN }),
	    SECCOMP_RET_ALLOW);
}

Test(filter, traps_what_removes_a_path_by_its_whole_name)
{
	struct seccomp_data data = { .nr = SYS_unlinkat };

	data.args[0] = (uint64_t)AT_FDCWD;
	cr_assert_eq(asked(TRAP_UNLINK, data), SECCOMP_RET_USER_NOTIF);
	data.args[2] = AT_REMOVEDIR;
	cr_assert_eq(asked(TRAP_UNLINK, data), SECCOMP_RET_ALLOW);
	data.args[2] = 0;
	data.args[0] = 5;
	cr_assert_eq(asked(TRAP_UNLINK, data), SECCOMP_RET_ALLOW);
	cr_assert_eq(asked(TRAP_BIND, (struct seccomp_data){ .nr = SYS_unlinkat }),
	    SECCOMP_RET_ALLOW);
}

Test(filter, traps_connect_to_what_is_no_ip_address)
{
	struct seccomp_data data = { .nr = SYS_connect };

	data.args[2] = sizeof(struct sockaddr_un);
	cr_assert_eq(asked(TRAP_CONNECT, data), SECCOMP_RET_USER_NOTIF);
	data.args[2] = sizeof(struct sockaddr_in);
	cr_assert_eq(asked(TRAP_CONNECT, data), SECCOMP_RET_ALLOW);
	data.args[2] = sizeof(struct sockaddr_in6);
	cr_assert_eq(asked(TRAP_CONNECT, data), SECCOMP_RET_ALLOW);
}

Test(filter, traps_options_that_are_seldom_set)
{
	struct seccomp_data data = { .nr = SYS_setsockopt };

	data.args[1] = IPPROTO_TCP;
	data.args[2] = TCP_DEFER_ACCEPT;
	cr_assert_eq(asked(TRAP_OPTIONS, data), SECCOMP_RET_USER_NOTIF);
	data.args[2] = TCP_NODELAY;
	cr_assert_eq(asked(TRAP_OPTIONS, data), SECCOMP_RET_ALLOW);
	data.args[1] = SOL_SOCKET;
	data.args[2] = SO_RCVBUF;
	cr_assert_eq(asked(TRAP_OPTIONS, data), SECCOMP_RET_USER_NOTIF);
	cr_assert_eq(asked(TRAP_BIND, data), SECCOMP_RET_ALLOW);
}

Test(filter, has_room_for_all_traps)
{
	struct sock_filter code[FILTER_MOST];

	cr_assert_leq(filter_program(code, ~0U), FILTER_MOST);
}
