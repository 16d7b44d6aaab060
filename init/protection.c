/* protection.c - what holds a build here. */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sandbox.h"
#include "init/options.h"
#include "init/protection.h"

/* Each is made by the child, on its parent; true when it was refused. */
static bool
no_reading(void)
{
	return open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) == -1;
}

static bool
no_looking_into(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	return open(path, O_RDONLY | O_CLOEXEC) == -1 && errno != ENOENT;
}

static bool
no_signals(void)
{
	return kill(getppid(), 0) == -1;
}

static bool
no_sockets(void)
{
	int pair[2];

	return socket(AF_UNIX, SOCK_STREAM, 0) == -1 && socket(AF_INET, SOCK_DGRAM, 0) == -1 &&
	    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == -1;
}

static bool
no_limits(void)
{
	const struct sched_param none = { .sched_priority = 0 };
	struct rlimit limit;

	return prlimit(getppid(), RLIMIT_CORE, NULL, &limit) == -1 &&
	    setpriority(PRIO_PROCESS, (id_t)getppid(), getpriority(PRIO_PROCESS, (id_t)getppid())) ==
	    -1 && sched_setscheduler(getppid(), SCHED_OTHER, &none) == -1;
}

static bool
no_doors(void)
{
	return unshare(CLONE_NEWUSER) == -1 && syscall(SYS_bpf, 0, NULL, 0) == -1 &&
	    syscall(SYS_io_uring_setup, 1, NULL) == -1 && errno == ENOSYS &&
	    syscall(SYS_keyctl, 0, -4, 0) == -1;
}

static bool
no_leases(void)
{
	return fcntl(STDIN_FILENO, F_SETLEASE, F_UNLCK) == -1 &&
	    syscall(SYS_setxattr, "/", "user.x", "", 0, 0) == -1 && errno == EOPNOTSUPP;
}

static bool
no_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

enum { SECCOMP = -1, ANY_KERNEL = 0, ANSWERS = 1000 };

static const struct protection {
	const char *name;
	int needs;			/* an ABI of Landlock, SECCOMP, ANY_KERNEL or ANSWERS */
	const char *kernel;		/* that has this ABI */
	bool (*refused)(void);		/* NULL: nothing to try */
	const char *open;		/* what a build can do without */
} protections[] = {
	{ "files: a build reads and writes only what it may", 1, "5.13", no_reading,
	  "files are protected by their modes alone" },
	{ "processes: a build does not look into others", 1, "5.13", no_looking_into,
	  "it reads the environment and the memory of its user's processes, where they allow it" },
	{ "truncation counts as writing", 3, "6.2", NULL, "it empties files that it cannot write" },
	{ "ports: a build binds none of the service's, also with a network", 4, "6.7", NULL,
	  "with BATON_SANDBOX_NET=all it binds the service's ports" },
	{ "ioctls of devices", 5, "6.10", NULL, "it sends ioctls to devices that it can open" },
	{ "signals: a build signals nothing but itself, and one signal ends all of it", 6, "6.12",
	  no_signals, "it signals its user's processes, and is found by /proc when it is ended" },
	{ "sockets: none but pairs of streams", SECCOMP, NULL, no_sockets,
	  "it connects to the service, to the control socket and anywhere else" },
	{ "limits, priorities and scheduling of others", SECCOMP, NULL, no_limits,
	  "it limits and slows down its user's processes" },
	{ "the kernel's rarer doors: namespaces, bpf, io_uring, keys and the like", SECCOMP, NULL,
	  no_doors, "they are as open as the container's runtime leaves them" },
	{ "attributes, owners and leases of files it only reads", SECCOMP, NULL, no_leases,
	  "it sets them, and keeps who opens the file waiting" },
	{ "privileges: no set-id program gives any", ANY_KERNEL, NULL, no_privileges,
	  "set-id programs work" },
	{ "modes and times of the live release's files", ANSWERS, "5.0", NULL,
	  "a build that has their owner's user sets them: chmod(2) is not Landlock's" },
};

enum { PROTECTIONS = sizeof(protections) / sizeof(protections[0]) };

/* With CAP_PERFMON the kernel asks no security module about reading memory (Linux 6.13). */
static void
drop_capabilities(void)
{
	const struct __user_cap_header_struct of = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	syscall(SYS_capset, &of, none);
}

/* What became of each in a child, which gives up for good what a build does. */
static void
attempt_all(bool refused[PROTECTIONS])
{
	const struct sandbox_rule rules[] = {
		{ "/usr", SANDBOX_LOOK }, { "/proc", SANDBOX_LOOK }, { "/dev/null", SANDBOX_USE },
	};
	int i;

	sandbox_landlock(rules, sizeof(rules) / sizeof(rules[0]), false);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	drop_capabilities();
	sandbox_seccomp(false);
	for (i = 0; i < PROTECTIONS; i++)
		refused[i] = protections[i].refused == NULL || protections[i].refused();
}

static int
try_in_child(bool refused[PROTECTIONS])
{
	int ends[2], status = 0;
	ssize_t n = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork()) == 0) {
		attempt_all(refused);
		n = write(ends[1], refused, PROTECTIONS * sizeof(*refused));
		_exit(n == -1);
	}
	fd_close(&ends[1]);
	if (pid > 0) {
		n = read(ends[0], refused, PROTECTIONS * sizeof(*refused));
		waitpid(pid, &status, 0);
	}
	fd_close(&ends[0]);
	return n == (ssize_t)(PROTECTIONS * sizeof(*refused)) ? 0 : -1;
}

static bool
there(const struct protection *p, const struct sandbox_held *held)
{
	if (p->needs == ANSWERS)
		return held->answers;
	return p->needs == SECCOMP ? held->seccomp : held->landlock >= p->needs;
}

static void
say_why(FILE *to, const struct protection *p, const struct sandbox_held *held)
{
	if (p->needs == ANSWERS && !held->answers)
		fprintf(to, "seccomp has no user notification here; Linux %s has it", p->kernel);
	else if (there(p, held))
		fprintf(to, "it was possible when tried");
	else if (p->needs == SECCOMP)
		fprintf(to, "seccomp filters are refused here");
	else if (held->landlock == 0)
		fprintf(to, "Landlock is not here, or refused; Linux %s has it", p->kernel);
	else
		fprintf(to, "Landlock has ABI %d, and this needs %d, of Linux %s", held->landlock,
		    p->needs, p->kernel);
}

static void
say_held(FILE *to, const struct protection *p)
{
	if (p->needs == SECCOMP)
		fprintf(to, "seccomp");
	else if (p->needs == ANSWERS)
		fprintf(to, "the builder answers these calls: seccomp's user notification");
	else if (p->needs == ANY_KERNEL)
		fprintf(to, "no_new_privs");
	else
		fprintf(to, "Landlock ABI %d", p->needs);
	if (p->refused != NULL)
		fprintf(to, ", tried");
}

/* NULL, or why it is not asked for. */
static const char *
off(const struct protection *p, const struct options *o)
{
	if (o->sandbox == OPTION_SANDBOX_OFF)
		return "BATON_SANDBOX=off";
	return o->sandbox_net == OPTION_NET_ALL && p->refused == no_sockets ?
	    "BATON_SANDBOX_NET=all" : NULL;
}

void
protection_describe(FILE *to, const struct options *o)
{
	const struct sandbox_held held = sandbox_probe();
	bool refused[PROTECTIONS] = { false };
	const struct protection *p;
	int i;

	if (try_in_child(refused) == -1)
		fprintf(to, "nothing of it could be tried: %s\n", strerror(errno));
	for (i = 0; i < PROTECTIONS; i++) {
		p = &protections[i];
		if (off(p, o) != NULL) {
			fprintf(to, "off      %s: %s; %s\n", p->name, off(p, o), p->open);
		} else if (there(p, &held) && refused[i]) {
			fprintf(to, "held     %s (", p->name);
			say_held(to, p);
			fprintf(to, ")\n");
		} else {
			fprintf(to, "missing  %s: ", p->name);
			say_why(to, p, &held);
			fprintf(to, "; %s\n", p->open);
		}
	}
}
