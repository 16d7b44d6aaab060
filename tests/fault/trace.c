/* trace.c - follow one process from system call to system call. */
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <linux/ptrace.h>

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fault/target.h"
#include "tests/fault/trace.h"

struct seen {
	uint64_t site;
	long count;
};

struct trace {
	pid_t pid;
	const struct frames *frames;
	const struct order *order;
	FILE *report;
	bool running;			/* it has executed the binary */
	bool failing;			/* the call that we are in is made to fail */
	bool done;
	uint64_t base;
	struct seen seen[SITES_MOST];
	int seen_count;
	long calls, meant;
};

/* Where the binary lies: its first mapping, found by the name that /proc/PID/exe has. */
static uint64_t
find_base(pid_t pid)
{
	char path[64], exe[4096], line[4608];
	uint64_t base = 0;
	ssize_t n;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) == -1)
		return 0;
	exe[n] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	if ((maps = fopen(path, "re")) == NULL)
		return 0;
	while (base == 0 && fgets(line, sizeof(line), maps) != NULL)
		if (strstr(line, exe) != NULL)
			base = strtoull(line, NULL, 16);
	fclose(maps);
	return base;
}

static int
chain_here(struct trace *t, uint64_t chain[CHAIN_MOST])
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, t->pid, 0, &r) == -1)
		return 0;
	return frames_chain(t->frames, t->pid, t->base, (struct stand){ r.rip, r.rsp, r.rbp },
	    chain);
}

static uint64_t
hash(uint64_t number, const uint64_t *chain, int count)
{
	const uint64_t prime = 0x100000001b3;
	uint64_t h = (0xcbf29ce484222325 ^ number) * prime;
	int i;

	for (i = 0; i < count; i++)
		h = (h ^ chain[i]) * prime;
	return h;
}

static void
print_addresses(FILE *report, const uint64_t *chain, int count)
{
	int i;

	for (i = 0; i < count; i++)
		fprintf(report, " %llx", (unsigned long long)chain[i]);
	fputc('\n', report);
}

static void
print_call(struct trace *t, const char *what, uint64_t site, int number)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

	fprintf(t->report, "%s %016llx %s %ld", what, (unsigned long long)site,
	    name != NULL ? name : "?", t->calls);
	free(name);
}

/* Count one more call from a site. Returns whether it is the first. */
static bool
is_new(struct trace *t, uint64_t site)
{
	int i;

	for (i = 0; i < t->seen_count; i++)
		if (t->seen[i].site == site)
			return t->seen[i].count++ == 0;
	if (t->seen_count < SITES_MOST)
		t->seen[t->seen_count++] = (struct seen){ site, 1 };
	return true;
}

static bool
is_meant(struct trace *t, uint64_t site)
{
	const struct order *o = t->order;
	int i;

	if (o->error == 0)
		return false;
	if (o->sites == 0)
		return o->which == t->calls;
	for (i = 0; i < o->sites; i++)
		if (o->site[i] == site)
			return ++t->meant == o->which;
	return false;
}

static void
on_entry(struct trace *t, int number)
{
	uint64_t chain[CHAIN_MOST], site;
	int count;

	t->calls++;
	if (t->done)
		return;
	count = chain_here(t, chain);
	site = hash((uint64_t)number, chain, count);
	if (t->order->list && is_new(t, site)) {
		print_call(t, "site", site, number);
		print_addresses(t->report, chain, count);
	}
	if (!is_meant(t, site))
		return;
	print_call(t, "failed", site, number);
	fprintf(t->report, " %s\n", strerrorname_np(t->order->error));
	t->failing = t->done = true;
	/* a close that fails has closed all the same (close(2)) */
	if (number != SCMP_SYS(close))
		ptrace(PTRACE_POKEUSER, t->pid, ORIG_RAX * 8, -1L);
}

static void
on_exit_of_call(struct trace *t)
{
	if (t->failing)
		ptrace(PTRACE_POKEUSER, t->pid, RAX * 8, (long)-t->order->error);
	t->failing = false;
}

static void
on_call(struct trace *t)
{
	struct ptrace_syscall_info info;

	if (!t->running ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) == -1)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, (int)info.entry.nr);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_exit_of_call(t);
}

static void
on_signal(struct trace *t, int signo)
{
	uint64_t chain[CHAIN_MOST];

	if (signo != SIGSEGV && signo != SIGBUS && signo != SIGABRT && signo != SIGILL &&
	    signo != SIGFPE && signo != SIGSYS)
		return;
	fprintf(t->report, "crash %s", sigabbrev_np(signo));
	print_addresses(t->report, chain, chain_here(t, chain));
}

/* What to do about one stop; it goes on afterwards. */
static void
on_stop(struct trace *t, int status)
{
	int signo = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_STOP && signo != SIGTRAP) {
		ptrace(PTRACE_LISTEN, t->pid, 0, 0);	/* stopped as anybody may be: until CONT */
		return;
	}
	if (event == PTRACE_EVENT_EXEC) {
		t->running = true;
		t->base = find_base(t->pid);
	} else if (signo == (SIGTRAP | 0x80))
		on_call(t);
	else if (event == 0) {
		on_signal(t, signo);
		ptrace(PTRACE_SYSCALL, t->pid, 0, (long)signo);
		return;
	}
	ptrace(PTRACE_SYSCALL, t->pid, 0, 0);
}

static void
report_end(const struct trace *t, int status)
{
	int i;

	for (i = 0; i < t->seen_count; i++)
		fprintf(t->report, "count %016llx %ld\n", (unsigned long long)t->seen[i].site,
		    t->seen[i].count);
	fprintf(t->report, "calls %ld\n", t->calls);
	if (WIFEXITED(status))
		fprintf(t->report, "ended exit %d\n", WEXITSTATUS(status));
	else
		fprintf(t->report, "ended signal %d\n", WTERMSIG(status));
}

int
trace_run(pid_t pid, const struct frames *f, const struct order *o, FILE *report)
{
	struct trace t = { .pid = pid, .frames = f, .order = o, .report = report };
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, options) == -1 ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0) == -1) {
		perror("fault: cannot trace the command; CAP_SYS_PTRACE would be right");
		return -1;
	}
	target_go(pid);
	for (;;) {
		if (waitpid(pid, &status, __WALL) == -1) {
			if (errno != EINTR)
				return -1;
		} else if (WIFSTOPPED(status))
			on_stop(&t, status);
		else
			break;
	}
	report_end(&t, status);
	return status;
}
