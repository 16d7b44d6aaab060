/*
 * without.c - run a command where a facility of the kernel is missing, as some runtime's profile or
 * kernel has it: a seccomp filter answers in its place.
 *
 *     without FACILITY,... COMMAND ARG...
 *
 *     notify    no seccomp user notification (an old kernel, a strict profile): EINVAL
 *     steer     SO_ATTACH_REUSEPORT_CBPF is accepted and ignored, as gVisor does
 *     attach    SO_ATTACH_REUSEPORT_CBPF is refused: ENOPROTOOPT
 *     getfd     no pidfd_getfd, as in Docker's and containerd's profiles: EPERM
 *     ptrace    no ptrace: EPERM
 *     diag      no sock_diag(7): EPERM
 *     link      no hard links: EPERM
 *     abstract  no UNIX name that the kernel finds by itself: EPERM
 *     quota     no blocks for what was written, which file systems that allocate late find out in
 *               syncfs(2): EDQUOT
 *     landlock  no Landlock, as before Linux 5.13 and where it is not switched on: ENOSYS
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One or two arguments, each with a mask and what is left of it. */
static const struct facility {
	const char *name;
	uint32_t call;
	struct {
		int argument;		/* -1: none */
		uint32_t mask, value;
	} when[2];
	uint32_t code;			/* errno; 0: it seems to have worked */
} facilities[] = {
	{ "notify", SYS_seccomp, { { 1, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER }, { -1, 0, 0 } }, EINVAL },
	{ "steer", SYS_setsockopt, { { 1, ~0u, SOL_SOCKET }, { 2, ~0u, SO_ATTACH_REUSEPORT_CBPF } },
	    0 },
	{ "attach", SYS_setsockopt, { { 1, ~0u, SOL_SOCKET }, { 2, ~0u, SO_ATTACH_REUSEPORT_CBPF } },
	    ENOPROTOOPT },
	{ "getfd", SYS_pidfd_getfd, { { -1, 0, 0 }, { -1, 0, 0 } }, EPERM },
	{ "ptrace", SYS_ptrace, { { -1, 0, 0 }, { -1, 0, 0 } }, EPERM },
	{ "diag", SYS_socket, { { 0, ~0u, AF_NETLINK }, { 2, ~0u, NETLINK_SOCK_DIAG } }, EPERM },
	{ "link", SYS_linkat, { { -1, 0, 0 }, { -1, 0, 0 } }, EPERM },
	{ "abstract", SYS_bind, { { 2, ~0u, sizeof(sa_family_t) }, { -1, 0, 0 } }, EPERM },
	{ "quota", SYS_syncfs, { { -1, 0, 0 }, { -1, 0, 0 } }, EDQUOT },
	{ "landlock", SYS_landlock_create_ruleset, { { -1, 0, 0 }, { -1, 0, 0 } }, ENOSYS },
};

static int
take_away(const struct facility *f)
{
	struct sock_filter code[16];
	struct sock_fprog program = { .filter = code };
	int at = 0, i;

	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, f->call, 0, 0);
	for (i = 0; i < 2 && f->when[i].argument != -1; i++) {
		code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)(offsetof(struct seccomp_data, args) +
		    8 * (size_t)f->when[i].argument));
		code[at++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
		    f->when[i].mask);
		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    f->when[i].value, 0, 0);
	}
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | f->code);
	for (i = 0; i < at; i++)
		if (BPF_CLASS(code[i].code) == BPF_JMP)
			code[i].jf = (uint8_t)(at - i - 1);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)at;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int
take_away_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (strcmp(facilities[i].name, name) == 0)
			return take_away(&facilities[i]);
	errno = EINVAL;
	return -1;
}

int
main(int argc, char **argv)
{
	char *name;

	if (argc < 3) {
		fprintf(stderr, "usage: without FACILITY,... COMMAND ARG...\n");
		return 64;
	}
	if (geteuid() != 0)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (name = strtok(argv[1], ","); name != NULL; name = strtok(NULL, ","))
		if (take_away_by_name(name) == -1) {
			perror(name);
			return 1;
		}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
