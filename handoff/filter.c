/* filter.c - which calls of a worker its keeper answers. No system calls. */
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>

#include "handoff/filter.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "say here which AUDIT_ARCH_ this is"
#endif

enum { CONDITIONS = 2 };

/* Of the low half of an argument; the high half of an int is nobody's business. */
struct condition {
	enum { ANY, IS, IS_NOT } test;
	int argument;
	uint32_t value;
};

static const struct row {
	enum trap trap;			/* 0: in every program */
	uint32_t call;
	uint32_t answer;
	struct condition when[CONDITIONS];	/* all of them */
} rows[] = {
	{ TRAP_BIND, SYS_bind, SECCOMP_RET_USER_NOTIF, { { 0 } } },
	{ TRAP_SHUTDOWN, SYS_shutdown, SECCOMP_RET_USER_NOTIF, { { IS_NOT, 1, SHUT_WR } } },
#ifdef SYS_unlink
	{ TRAP_UNLINK, SYS_unlink, SECCOMP_RET_USER_NOTIF, { { 0 } } },
#endif
	{ TRAP_UNLINK, SYS_unlinkat, SECCOMP_RET_USER_NOTIF,
	    { { IS, 0, (uint32_t)AT_FDCWD }, { IS, 2, 0 } } },
	{ TRAP_CONNECT, SYS_connect, SECCOMP_RET_USER_NOTIF,
	    { { IS_NOT, 2, sizeof(struct sockaddr_in) }, { IS_NOT, 2, sizeof(struct sockaddr_in6) } } },
	{ TRAP_OPTIONS, SYS_setsockopt, SECCOMP_RET_USER_NOTIF,
	    { { IS, 1, SOL_SOCKET }, { IS, 2, SO_RCVBUF } } },
	{ TRAP_OPTIONS, SYS_setsockopt, SECCOMP_RET_USER_NOTIF,
	    { { IS, 1, SOL_SOCKET }, { IS, 2, SO_SNDBUF } } },
	{ TRAP_OPTIONS, SYS_setsockopt, SECCOMP_RET_USER_NOTIF,
	    { { IS, 1, IPPROTO_TCP }, { IS, 2, TCP_DEFER_ACCEPT } } },
	{ TRAP_OPTIONS, SYS_setsockopt, SECCOMP_RET_USER_NOTIF,
	    { { IS, 1, IPPROTO_TCP }, { IS, 2, TCP_FASTOPEN } } },
	{ TRAP_OPTIONS, SYS_setsockopt, SECCOMP_RET_USER_NOTIF,
	    { { IS, 1, IPPROTO_IPV6 }, { IS, 2, IPV6_V6ONLY } } },
	{ 0, SYS_setsockopt, SECCOMP_RET_ERRNO | EPERM,
	    { { IS, 1, SOL_SOCKET }, { IS, 2, SO_DETACH_REUSEPORT_BPF } } },
	{ TRAP_ACCEPT, SYS_accept, SECCOMP_RET_USER_NOTIF, { { 0 } } },
	{ TRAP_ACCEPT, SYS_accept4, SECCOMP_RET_USER_NOTIF, { { 0 } } },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int
load(struct sock_filter *to, int at, size_t offset)
{
	to[at] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
	return at + 1;
}

/* A test whose failure leads out of the row, to where is not known yet. */
static int
demand(struct sock_filter *to, int at, const struct condition *c)
{
	to[at] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JEQ | BPF_K, c->value);
	to[at].jt = c->test == IS_NOT;
	to[at].jf = c->test == IS;
	return at + 1;
}

/* Where a test stands with a 1, it leads to the end of its row. */
static void
lead_out(struct sock_filter *to, int from, int end)
{
	int i;

	for (i = from; i < end; i++) {
		if (BPF_CLASS(to[i].code) != BPF_JMP)
			continue;
		to[i].jt = (uint8_t)(to[i].jt * (end - i - 1));
		to[i].jf = (uint8_t)(to[i].jf * (end - i - 1));
	}
}

static int
write_row(struct sock_filter *to, int at, const struct row *r)
{
	struct condition call = { IS, 0, r->call };
	int from = at, i;

	at = load(to, at, offsetof(struct seccomp_data, nr));
	at = demand(to, at, &call);
	for (i = 0; i < CONDITIONS && r->when[i].test != ANY; i++) {
		at = load(to, at, offsetof(struct seccomp_data, args) +
		    sizeof(uint64_t) * (size_t)r->when[i].argument);
		at = demand(to, at, &r->when[i]);
	}
	to[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, r->answer);
	lead_out(to, from, at);
	return at;
}

int
filter_program(struct sock_filter *to, unsigned traps)
{
	int at, i;

	at = load(to, 0, offsetof(struct seccomp_data, arch));
	to[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0);
	to[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	for (i = 0; i < ROWS; i++)
		if (rows[i].trap == 0 || (traps & rows[i].trap) != 0)
			at = write_row(to, at, &rows[i]);
	to[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return at;
}
