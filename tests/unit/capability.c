/* Goal: names become bits and back, and what a child keeps is what its next program has. */
#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/user.h"
#include "tests/unit/child.h"

TestSuite(capability, .timeout = 30);

#define BIT(capability) (UINT64_C(1) << (capability))

static const struct {
	const char *text;
	uint64_t set;
} good[] = {
	{ "none", 0 },
	{ " NONE ", 0 },
	{ "NET_BIND_SERVICE", BIT(CAP_NET_BIND_SERVICE) },
	{ "cap_net_bind_service,Chown", BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_CHOWN) },
	{ "CAP_KILL , CAP_KILL", BIT(CAP_KILL) },
	{ "CHECKPOINT_RESTORE", BIT(CAP_CHECKPOINT_RESTORE) },
};

Test(capability, names_become_bits)
{
	char why[256] = "";
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t set = 99;

		cr_expect_eq(capability_parse(good[i].text, &set, why, sizeof(why)), 0, "%s", why);
		cr_expect_eq(set, good[i].set, "'%s'", good[i].text);
	}
}

#define NAMED(capability) { #capability, capability }

static const struct {
	const char *text;
	int bit;
} named[] = {
	NAMED(CAP_CHOWN), NAMED(CAP_DAC_OVERRIDE), NAMED(CAP_DAC_READ_SEARCH), NAMED(CAP_FOWNER),
	NAMED(CAP_FSETID), NAMED(CAP_KILL), NAMED(CAP_SETGID), NAMED(CAP_SETUID),
	NAMED(CAP_SETPCAP), NAMED(CAP_LINUX_IMMUTABLE), NAMED(CAP_NET_BIND_SERVICE),
	NAMED(CAP_NET_BROADCAST), NAMED(CAP_NET_ADMIN), NAMED(CAP_NET_RAW), NAMED(CAP_IPC_LOCK),
	NAMED(CAP_IPC_OWNER), NAMED(CAP_SYS_MODULE), NAMED(CAP_SYS_RAWIO), NAMED(CAP_SYS_CHROOT),
	NAMED(CAP_SYS_PTRACE), NAMED(CAP_SYS_PACCT), NAMED(CAP_SYS_ADMIN), NAMED(CAP_SYS_BOOT),
	NAMED(CAP_SYS_NICE), NAMED(CAP_SYS_RESOURCE), NAMED(CAP_SYS_TIME),
	NAMED(CAP_SYS_TTY_CONFIG), NAMED(CAP_MKNOD), NAMED(CAP_LEASE), NAMED(CAP_AUDIT_WRITE),
	NAMED(CAP_AUDIT_CONTROL), NAMED(CAP_SETFCAP), NAMED(CAP_MAC_OVERRIDE),
	NAMED(CAP_MAC_ADMIN), NAMED(CAP_SYSLOG), NAMED(CAP_WAKE_ALARM), NAMED(CAP_BLOCK_SUSPEND),
	NAMED(CAP_AUDIT_READ), NAMED(CAP_PERFMON), NAMED(CAP_BPF), NAMED(CAP_CHECKPOINT_RESTORE),
};

Test(capability, each_has_the_name_the_kernel_gives_it)
{
	char why[256] = "";
	uint64_t set;
	size_t i;

	cr_assert_eq(sizeof(named) / sizeof(named[0]), 41);
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		set = 0;
		cr_expect_eq(capability_parse(named[i].text, &set, why, sizeof(why)), 0, "%s", why);
		cr_expect_eq(set, BIT(named[i].bit), "%s", named[i].text);
	}
}

static const struct {
	const char *text, *sentence;
} bad[] = {
	{ "NET_BIND", "BATON_CAPABILITIES: 'NET_BIND' is no capability: did you mean "
	  "NET_BIND_SERVICE?" },
	{ "CHOWN,sys_amdin", "BATON_CAPABILITIES: 'sys_amdin' is no capability: did you mean "
	  "SYS_ADMIN?" },
	{ "cap_chwon", "BATON_CAPABILITIES: 'cap_chwon' is no capability: did you mean CHOWN?" },
	{ "", "BATON_CAPABILITIES: '' is no capability: give 'none' alone, or names of "
	  "capabilities(7) such as NET_BIND_SERVICE,CHOWN" },
	{ "CHOWN,", "BATON_CAPABILITIES: '' is no capability: give 'none' alone, or names of "
	  "capabilities(7) such as NET_BIND_SERVICE,CHOWN" },
	{ "none,CHOWN", "BATON_CAPABILITIES: 'none' is no capability: give 'none' alone, or names "
	  "of capabilities(7) such as NET_BIND_SERVICE,CHOWN" },
	{ "CAP_", NULL }, { "all", NULL }, { "0", NULL }, { "CHOWN KILL", NULL }, { "\n", NULL },
	{ "CHOWN,,KILL", NULL },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

Test(capability, what_is_no_name_gets_a_sentence)
{
	char why[256], tight[8];
	uint64_t set = 7;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		cr_expect_eq(capability_parse(bad[i].text, &set, why, sizeof(why)), -1, "'%s'",
		    bad[i].text);
		if (bad[i].sentence != NULL)
			cr_expect_str_eq(why, bad[i].sentence);
		cr_expect_neq(why[0], '\0');
		cr_expect_eq(capability_parse(bad[i].text, &set, tight, sizeof(tight)), -1);
	}
	cr_expect_eq(set, 7, "a failed parse must not touch it");
}

Test(capability, every_bit_is_printed_and_known_names_read_back)
{
	char text[1024], why[256];
	uint64_t set;
	int i;

	for (i = 0; i <= CAP_LAST_CAP; i++) {
		capability_print(BIT(i), text, sizeof(text));
		cr_expect_eq(capability_parse(text, &set, why, sizeof(why)), 0, "%s", why);
		cr_expect_eq(set, BIT(i), "%s", text);
	}
	capability_print(0, text, sizeof(text));
	cr_expect_str_eq(text, "none");
	capability_print(BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(63), text, sizeof(text));
	cr_expect_str_eq(text, "CHOWN,KILL,63");
	capability_print(BIT(CAP_LAST_CAP + 1) - 1, text, sizeof(text));
	cr_expect_eq(capability_parse(text, &set, why, sizeof(why)), 0);
	cr_expect_eq(set, BIT(CAP_LAST_CAP + 1) - 1);
}

static const uint64_t kept = BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_KILL);

/* The set itself may be held where becoming another is not: in a user namespace. */
#define NEED(set)                                                                              \
	do {                                                                                   \
		const uint64_t need = (set) | BIT(CAP_SETPCAP);                                \
		if ((capability_held() & need) != need || setgroups(0, NULL) == -1 ||          \
		    seteuid(65534) == -1 || seteuid(0) == -1)                                  \
			return CHILD_CANNOT;                                                        \
	} while (0)

/* One of the Cap lines of a status file. */
static uint64_t
line(const char *status, const char *name)
{
	const char *found = strstr(status, name);

	return found == NULL ? ~UINT64_C(0) : strtoull(found + strlen(name), NULL, 16);
}

/* The sets of a program that this process starts: a cat of its own status. */
static int
next_program(char *status, size_t size)
{
	int pipes[2], result;
	size_t used = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(pipes) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		dup2(pipes[1], 1);
		execl("/bin/cat", "cat", "/proc/self/status", NULL);
		_exit(127);
	}
	close(pipes[1]);
	while ((n = read(pipes[0], status + used, size - used - 1)) > 0)
		used += (size_t)n;
	status[used] = '\0';
	close(pipes[0]);
	return waitpid(pid, &result, 0) == pid && result == 0 ? 0 : -1;
}

static int
next_has(uint64_t set, uint64_t ambient, uint64_t bounding)
{
	static char status[8192];

	MUST(next_program(status, sizeof(status)) == 0);
	MUST(line(status, "CapPrm:") == set);
	MUST(line(status, "CapEff:") == set);
	MUST(line(status, "CapAmb:") == ambient);
	MUST(line(status, "CapBnd:") == bounding);
	return 0;
}

static const struct user nobody = { 65534, 65534, 1, { 65534 }, "nobody", "/" };

static int
keep_two(void)
{
	NEED(kept);
	MUST(capability_keep(kept) == 0);
	MUST(user_become(&nobody) == 0);
	MUST(capability_raise(kept) == 0);
	MUST(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 0);
	MUST(capability_held() == kept);
	return next_has(kept, kept, kept);
}

Test(capability, another_user_keeps_what_was_named)
{
	cr_expect_eq(child_run(keep_two), 0);
}

static int
keep_none(void)
{
	NEED(0);
	MUST(capability_keep(0) == 0);
	MUST(user_become(&nobody) == 0);
	MUST(capability_raise(0) == 0);
	return next_has(0, 0, 0);
}

Test(capability, another_user_keeps_none)
{
	cr_expect_eq(child_run(keep_none), 0);
}

/* No change of user at all: exec gives root what its bounding set has left. */
static int
root_keeps_two(void)
{
	NEED(kept);
	MUST(capability_keep(kept) == 0);
	MUST(capability_raise(kept) == 0);
	return next_has(kept, kept, kept);
}

Test(capability, root_keeps_what_was_named)
{
	cr_expect_eq(child_run(root_keeps_two), 0);
}

/* The kernel refuses to bound; no_new_privs then does what the header says of it. */
static int
root_cannot_bound(void)
{
	uint64_t bounding;
	static char status[8192];

	NEED(kept);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return 0;
	bounding = capability_held();
	MUST(capability_raise(bounding & ~BIT(CAP_SETPCAP)) == 0);
	MUST(capability_keep(kept) == -1 && errno == EPERM);
	MUST(capability_raise(kept) == 0);
	MUST(next_program(status, sizeof(status)) == 0);
	MUST(line(status, "CapPrm:") == bounding);
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	MUST(next_program(status, sizeof(status)) == 0);
	MUST(line(status, "CapPrm:") == kept);
	MUST(line(status, "CapEff:") == kept);
	return 0;
}

Test(capability, without_setpcap_the_answer_says_so)
{
	cr_expect_eq(child_run(root_cannot_bound), 0);
}

static int
raise_what_is_not_held(void)
{
	NEED(kept);
	MUST(capability_raise(kept) == 0);
	MUST(capability_raise(kept | BIT(CAP_SYS_ADMIN)) == -1 && errno == EPERM);
	MUST(capability_held() == kept);
	MUST(capability_raise(BIT(CAP_KILL)) == 0);
	MUST(capability_raise(kept) == -1 && errno == EPERM);
	MUST(capability_held() == BIT(CAP_KILL));
	return 0;
}

Test(capability, what_is_not_held_is_not_raised)
{
	cr_expect_eq(child_run(raise_what_is_not_held), 0);
}

/* One with capabilities in permitted that its bounding set has lost. */
static int
lost_from_bounding(void)
{
	NEED(kept);
	MUST(prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0) == 0);
	MUST((capability_held() & kept) == BIT(CAP_NET_BIND_SERVICE));
	MUST(capability_raise(kept) == -1 && errno == EPERM);
	MUST(capability_held() == BIT(CAP_NET_BIND_SERVICE));
	return 0;
}

Test(capability, what_the_bounding_set_lost_is_not_held)
{
	cr_expect_eq(child_run(lost_from_bounding), 0);
}

/* Nobody in particular: nothing to lose, and it is told so by EPERM and not by a crash. */
static int
unprivileged(void)
{
	if (getuid() == 0 && user_become(&nobody) == -1)
		return CHILD_CANNOT;
	MUST(capability_raise(0) == 0);
	MUST(capability_keep(kept) == 0 || errno == EPERM);
	MUST(capability_raise(kept) == -1 && errno == EPERM);
	MUST(capability_held() == 0);
	return 0;
}

Test(capability, without_any)
{
	cr_expect_eq(child_run(unprivileged), 0);
}
