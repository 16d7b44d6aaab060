/*
 * seccomp.c - the system calls that a build has no use for.
 *
 * A list of what is refused, not of what is allowed: the next libc must not break a build. Errors
 * are chosen so that programs fall back: ENOSYS where they know another way.
 */
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <unistd.h>

#include "base/newer.h"
#include "base/sandbox.h"

/* Refused whatever the arguments are. */
static const struct refusal {
	int call, error;
} refusals[] = {
	/* other processes */
	{ SCMP_SYS(ptrace), EPERM }, { SCMP_SYS(process_vm_readv), EPERM },
	{ SCMP_SYS(process_vm_writev), EPERM }, { SCMP_SYS(process_madvise), EPERM },
	{ SCMP_SYS(process_mrelease), EPERM }, { SCMP_SYS(pidfd_getfd), EPERM },
	{ SCMP_SYS(kcmp), EPERM }, { SCMP_SYS(migrate_pages), EPERM },
	{ SCMP_SYS(move_pages), EPERM },
	/* other ways to the kernel, with more of it behind them than a build needs */
	{ SCMP_SYS(io_uring_setup), ENOSYS }, { SCMP_SYS(io_uring_enter), ENOSYS },
	{ SCMP_SYS(io_uring_register), ENOSYS }, { SCMP_SYS(bpf), EPERM },
	{ SCMP_SYS(perf_event_open), EPERM }, { SCMP_SYS(userfaultfd), EPERM },
	{ SCMP_SYS(fanotify_init), EPERM }, { SCMP_SYS(lookup_dcookie), EPERM },
	{ SCMP_SYS(quotactl), EPERM }, { SCMP_SYS(quotactl_fd), EPERM },
	/* keys belong to the user, and so to the service as well */
	{ SCMP_SYS(keyctl), ENOSYS }, { SCMP_SYS(add_key), ENOSYS },
	{ SCMP_SYS(request_key), ENOSYS },
	/* mounts and namespaces */
	{ SCMP_SYS(mount), EPERM }, { SCMP_SYS(umount2), EPERM }, { SCMP_SYS(pivot_root), EPERM },
	{ SCMP_SYS(move_mount), EPERM }, { SCMP_SYS(open_tree), EPERM },
	{ SCMP_SYS(mount_setattr), EPERM }, { SCMP_SYS(fsopen), EPERM },
	{ SCMP_SYS(fsconfig), EPERM }, { SCMP_SYS(fsmount), EPERM }, { SCMP_SYS(fspick), EPERM },
	{ SCMP_SYS(chroot), EPERM }, { SCMP_SYS(unshare), EPERM }, { SCMP_SYS(setns), EPERM },
	/* its flags are in memory, where no filter sees them; libc then uses clone(2) */
	{ SCMP_SYS(clone3), ENOSYS },
	/* memory and queues that the service may share, going by the user alone */
	{ SCMP_SYS(shmget), ENOSYS }, { SCMP_SYS(shmat), ENOSYS }, { SCMP_SYS(shmctl), ENOSYS },
	{ SCMP_SYS(shmdt), ENOSYS }, { SCMP_SYS(semget), ENOSYS }, { SCMP_SYS(semop), ENOSYS },
	{ SCMP_SYS(semctl), ENOSYS }, { SCMP_SYS(semtimedop), ENOSYS },
	{ SCMP_SYS(msgget), ENOSYS }, { SCMP_SYS(msgsnd), ENOSYS }, { SCMP_SYS(msgrcv), ENOSYS },
	{ SCMP_SYS(msgctl), ENOSYS }, { SCMP_SYS(mq_open), ENOSYS }, { SCMP_SYS(mq_unlink), ENOSYS },
	/* the system as a whole */
	{ SCMP_SYS(kexec_load), EPERM }, { SCMP_SYS(kexec_file_load), EPERM },
	{ SCMP_SYS(init_module), EPERM }, { SCMP_SYS(finit_module), EPERM },
	{ SCMP_SYS(delete_module), EPERM }, { SCMP_SYS(reboot), EPERM },
	{ SCMP_SYS(swapon), EPERM }, { SCMP_SYS(swapoff), EPERM }, { SCMP_SYS(acct), EPERM },
	{ SCMP_SYS(syslog), EPERM }, { SCMP_SYS(settimeofday), EPERM },
	{ SCMP_SYS(clock_settime), EPERM }, { SCMP_SYS(clock_adjtime), EPERM },
	{ SCMP_SYS(adjtimex), EPERM }, { SCMP_SYS(sethostname), EPERM },
	{ SCMP_SYS(setdomainname), EPERM }, { SCMP_SYS(vhangup), EPERM },
	{ SCMP_SYS(name_to_handle_at), EPERM }, { SCMP_SYS(open_by_handle_at), EPERM },
	{ SCMP_SYS(iopl), EPERM }, { SCMP_SYS(ioperm), EPERM }, { SCMP_SYS(modify_ldt), EPERM },
	{ SCMP_SYS(personality), EPERM },
	/* Landlock does not cover these; 0 says done, because tar and npm as root give up otherwise */
	{ SCMP_SYS(chown), 0 }, { SCMP_SYS(fchown), 0 }, { SCMP_SYS(lchown), 0 },
	{ SCMP_SYS(fchownat), 0 },
	{ SCMP_SYS(setxattr), EOPNOTSUPP }, { SCMP_SYS(lsetxattr), EOPNOTSUPP },
	{ SCMP_SYS(fsetxattr), EOPNOTSUPP }, { SCMP_SYS(removexattr), EOPNOTSUPP },
	{ SCMP_SYS(lremovexattr), EOPNOTSUPP }, { SCMP_SYS(fremovexattr), EOPNOTSUPP },
};

/* Refused when an argument is not 0: what a process does to itself stays. */
static const struct other {
	int call;
	unsigned argument;
} others[] = {
	{ SCMP_SYS(prlimit64), 0 },
	{ SCMP_SYS(setpriority), 0 },		/* PRIO_PROCESS is 0 */
	{ SCMP_SYS(setpriority), 1 },
	{ SCMP_SYS(sched_setscheduler), 0 },
	{ SCMP_SYS(sched_setparam), 0 },
	{ SCMP_SYS(sched_setattr), 0 },
	{ SCMP_SYS(sched_setaffinity), 0 },
	{ SCMP_SYS(ioprio_set), 1 },
};

enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_IDLE = 3 << 13 };

/* The kernel looks at the lower half only, so a comparison of all 64 bits could be got around. */
#define LOW 0xffffffffu

static int
refuse_calls(scmp_filter_ctx filter)
{
	size_t i;
	int error;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)refusals[i].error),
		    refusals[i].call, 0);
		if (error != 0 && error != -EDOM)
			return error;	/* EDOM: no such call on this processor */
	}
	return 0;
}

static int
refuse_others(scmp_filter_ctx filter)
{
	size_t i;
	int error;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), others[i].call, 1,
		    SCMP_CMP(others[i].argument, SCMP_CMP_NE, 0));
		if (error != 0)
			return error;
	}
	error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioprio_set), 1,
	    SCMP_A0(SCMP_CMP_NE, IOPRIO_WHO_PROCESS));
	/* a build is given the idle class, and anybody may leave it */
	return error != 0 ? error : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
	    SCMP_SYS(ioprio_set), 1, SCMP_A2(SCMP_CMP_NE, IOPRIO_IDLE));
}

static int
refuse_namespaces(scmp_filter_ctx filter)
{
	static const unsigned flags[] = {
		CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
		CLONE_NEWPID, CLONE_NEWNET,
	};
	size_t i;
	int error = 0;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
	return error;
}

/*
 * Requests to terminals, which somebody attached to the container with, and to file systems, about
 * files that are open for reading only. Refused as by what knows no such request.
 */
static int
refuse_requests(scmp_filter_ctx filter)
{
	static const unsigned requests[] = {
		TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSCTTY,
		FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION,
		FS_IOC_SET_ENCRYPTION_POLICY, FS_IOC_ADD_ENCRYPTION_KEY, FS_IOC_ENABLE_VERITY,
		FIFREEZE, FITHAW,
	};
	size_t i;
	int error = 0;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, requests[i]));
	return error;
}

/* A lease keeps whoever opens the file waiting: for the worker that has it to serve, 45 seconds. */
static int
refuse_leases(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(fcntl), 1,
	    SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, F_SETLEASE));
}

/*
 * Half of a pair of datagram sockets can be connected to any path, and so be what socket(2) is
 * refused for. A stream's cannot (EISCONN), and is what Node and Python want.
 */
static int
refuse_pairs(scmp_filter_ctx filter)
{
	static const unsigned types[] = { SOCK_DGRAM, SOCK_RAW, SOCK_RDM };
	enum { TYPE = 0xf };
	size_t i;
	int error;

	error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socketpair), 1,
	    SCMP_A0(SCMP_CMP_NE, AF_UNIX));
	for (i = 0; i < sizeof(types) / sizeof(types[0]) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPROTONOSUPPORT),
		    SCMP_SYS(socketpair), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, TYPE, types[i]));
	return error;
}

/*
 * Without a network there are no sockets at all: the ways around a filter for TCP are many (UDP,
 * MPTCP, MSG_FASTOPEN, the control socket's path). socketpair(2) stays, Node's pipes are made of it.
 * With it: internet, and netlink for the resolver; never AF_UNIX, where the control socket is.
 */
static int
refuse_sockets(scmp_filter_ctx filter, bool net)
{
	unsigned family;
	int error = 0;

	if (!net)
		return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 0);
	for (family = 0; family < AF_MAX && error == 0; family++)
		if (family != AF_INET && family != AF_INET6 && family != AF_NETLINK)
			error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT),
			    SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, family));
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_GE, AF_MAX));
	/* MPTCP (262) and SMC (256) reach a TCP listener past a rule for TCP; IP's own end before */
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPROTONOSUPPORT), SCMP_SYS(socket),
		    1, SCMP_A2(SCMP_CMP_GE, IPPROTO_RAW + 1));
	/* the resolver asks for routes; what else is there belongs to the system */
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPROTONOSUPPORT), SCMP_SYS(socket),
		    2, SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, AF_NETLINK),
		    SCMP_A2(SCMP_CMP_NE, NETLINK_ROUTE));
	return error;
}

int
sandbox_seccomp(bool net)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error;

	if (filter == NULL) {
		errno = ENOMEM;
		return -1;
	}
	/* the same call has another number for another architecture: those are not served at all */
	error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (error == 0)
		error = refuse_calls(filter);
	if (error == 0)
		error = refuse_others(filter);
	if (error == 0)
		error = refuse_namespaces(filter);
	if (error == 0)
		error = refuse_requests(filter);
	if (error == 0)
		error = refuse_leases(filter);
	if (error == 0)
		error = refuse_pairs(filter);
	if (error == 0)
		error = refuse_sockets(filter, net);
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	if (error == 0)
		return newer_refuse();
	errno = -error;
	return -1;
}

/* A filter that is no pointer: EFAULT says that it would have been read, EINVAL that there is none. */
bool
sandbox_has_seccomp(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 && errno == EFAULT;
}
