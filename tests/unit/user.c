/* Goal: who is meant, by Docker's rules and in any file; and nobody gets more than that. */
#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/user.h"
#include "scratch.h"
#include "tests/unit/child.h"

static void
enter(void)
{
	scratch_enter();
	scratch_write("passwd",
	    "root:x:0:0:root:/root:/bin/bash\n"
	    "# web:x:9:9::/nowhere:\n"
	    "+web::9:9::/nis:\n"
	    "-web::9:9::/nis:\n"
	    "\n"
	    ":x:5:5::/empty:\n"
	    "short:x:6\n"
	    "web:x:-1:9::/wrong:\n"
	    "web:x:4294967295:9::/wrong:\n"
	    "web:x:1e3:9::/wrong:\n"
	    "web:x:33:33:a,b:/srv/web:/usr/sbin/nologin\n"
	    "web:x:34:34::/second:\n"
	    "alias:x:33:99::/alias:\n"
	    "77:x:1077:1077::/digits:\n"
	    "crlf:x:40:41::/crlf\r\n"
	    "homeless:x:50:50\n"
	    "top:x:4294967294:4294967294::/top:\n"
	    "last:x:60:61::/last");
	scratch_write("group",
	    "root:x:0:\n"
	    "web:x:33:\n"
	    "+more::\n"
	    "disk:x:6:root,web,daemon\n"
	    "disk:x:7:\n"
	    "bad:x:minus:web\n"
	    "wheel:x:10:webb,we\n"
	    "again:x:6:web\n"
	    "own:x:33:web\n"
	    "tape:x:26:web\r\n"
	    "1000:x:2000:last\n"
	    "end:x:70:daemon,last");
}

TestSuite(user, .init = enter, .fini = scratch_leave, .timeout = 30);

static const struct {
	const char *text;
	uid_t uid;
	gid_t groups[4];
	int count;
	const char *name, *home;
} found[] = {
	{ "root", 0, { 0, 6 }, 2, "root", "/root" },
	{ "0", 0, { 0, 6 }, 2, "root", "/root" },
	{ "web", 33, { 33, 6, 26 }, 3, "web", "/srv/web" },
	{ "33", 33, { 33, 6, 26 }, 3, "web", "/srv/web" },
	{ "0033", 33, { 33, 6, 26 }, 3, "web", "/srv/web" },
	{ "34", 34, { 34, 6, 33, 26 }, 4, "web", "/second" },
	{ "web:disk", 33, { 6 }, 1, "web", "/srv/web" },
	{ "web:7", 33, { 7 }, 1, "web", "/srv/web" },
	{ "33:disk", 33, { 6 }, 1, "web", "/srv/web" },
	{ "web:1000", 33, { 1000 }, 1, "web", "/srv/web" },
	{ "77", 77, { 0 }, 1, "", "/" },
	{ "77:88", 77, { 88 }, 1, "", "/" },
	{ "crlf", 40, { 41 }, 1, "crlf", "/crlf" },
	{ "homeless", 50, { 50 }, 1, "homeless", "/" },
	{ "last", 60, { 61, 2000, 70 }, 3, "last", "/last" },
	{ "last:end", 60, { 70 }, 1, "last", "/last" },
	{ "top", 4294967294, { 4294967294 }, 1, "top", "/top" },
	{ "4294967293:4294967294", 4294967293, { 4294967294 }, 1, "", "/" },
};

Test(user, who_is_meant)
{
	char why[256] = "";
	struct user u;
	size_t i;

	for (i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		memset(&u, 0x5a, sizeof(u));
		cr_expect_eq(user_find(&u, found[i].text, "passwd", "group", why, sizeof(why)), 0,
		    "%s", why);
		cr_expect_eq(u.uid, found[i].uid, "%s: %u", found[i].text, u.uid);
		cr_expect_eq(u.gid, found[i].groups[0], "%s: %u", found[i].text, u.gid);
		cr_expect_eq(u.group_count, found[i].count, "%s: %d", found[i].text, u.group_count);
		cr_expect_arr_eq(u.groups, found[i].groups,
		    sizeof(gid_t) * (size_t)found[i].count, "%s", found[i].text);
		cr_expect_str_eq(u.name, found[i].name, "%s: %s", found[i].text, u.name);
		cr_expect_str_eq(u.home, found[i].home, "%s: %s", found[i].text, u.home);
	}
}

#define OR_NUMBER ": give a name that is there, or a number"

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "wbe", "'wbe' is not in passwd" OR_NUMBER },
	{ "web:dsk", "'dsk' is not in group" OR_NUMBER },
	{ "web:disk:x", "'disk:x' is not in group" OR_NUMBER },
	{ "+web", "'+web' is not in passwd" OR_NUMBER },
	{ "# web", "'# web' is not in passwd" OR_NUMBER },
	{ "-web", "'-web' is not in passwd" OR_NUMBER },
	{ "short", "'short' is not in passwd" OR_NUMBER },
	{ "web:bad", "'bad' is not in group" OR_NUMBER },
	{ "web ", "'web ' is not in passwd" OR_NUMBER },
	{ "we\nb", "'we\\u000ab' is not in passwd" OR_NUMBER },
	{ "-1", "'-1' is no id: give 0 to 4294967294, or a name" },
	{ "4294967295", "'4294967295' is no id: give 0 to 4294967294, or a name" },
	{ "99999999999999999999999", "'99999999999999999999999' is no id: give 0 to 4294967294, "
	  "or a name" },
	{ "web:-1", "'-1' is no id: give 0 to 4294967294, or a name" },
	{ "0:4294967295", "'4294967295' is no id: give 0 to 4294967294, or a name" },
	{ "", "'' names no user: give a name or a number, then :GROUP if wanted" },
	{ ":", "':' names no user: give a name or a number, then :GROUP if wanted" },
	{ ":web", "':web' names no user: give a name or a number, then :GROUP if wanted" },
	{ "web:", "'web:' names no group after the colon: give one, or no colon" },
};

Test(user, who_is_not_there_gets_a_sentence)
{
	char why[256], expected[256], tight[8], long_name[600];
	struct user u = { .uid = 4711 };
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		snprintf(expected, sizeof(expected), "BATON_USER: %s", refused[i].sentence);
		why[0] = '\0';
		cr_expect_eq(user_find(&u, refused[i].text, "passwd", "group", why, sizeof(why)),
		    -1, "'%s'", refused[i].text);
		cr_expect_str_eq(why, expected);
		cr_expect_eq(user_find(&u, refused[i].text, "passwd", "group", tight,
		    sizeof(tight)), -1);
	}
	memset(long_name, 'w', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	cr_expect_eq(user_find(&u, long_name, "passwd", "group", why, sizeof(why)), -1);
	cr_expect_eq(u.uid, 4711, "a failed search must not touch it");
}

Test(user, without_files_numbers_do)
{
	char why[256];
	struct user u;

	cr_expect_eq(user_find(&u, "1000", "none", "none", why, sizeof(why)), 0);
	cr_expect(u.uid == 1000 && u.gid == 0 && u.group_count == 1 && u.groups[0] == 0);
	cr_expect_eq(user_find(&u, "1000:1001", "none", "none", why, sizeof(why)), 0);
	cr_expect(u.uid == 1000 && u.gid == 1001 && u.group_count == 1 && u.groups[0] == 1001);
	cr_expect_eq(user_find(&u, "web", "passwd", "none", why, sizeof(why)), 0);
	cr_expect(u.gid == 33 && u.group_count == 1);
	cr_expect_eq(user_find(&u, "web", "none", "group", why, sizeof(why)), -1);
	cr_expect_str_eq(why, "BATON_USER: 'web' cannot be looked up: none: No such file or "
	    "directory: give a number");
	cr_expect_eq(user_find(&u, "1:web", "passwd", "none", why, sizeof(why)), -1);
	cr_expect_str_eq(why, "BATON_USER: 'web' cannot be looked up: none: No such file or "
	    "directory: give a number");
}

Test(user, what_is_no_regular_file_holds_up_nothing)
{
	char why[256];
	struct user u;

	cr_assert_eq(mkfifo("fifo", 0644), 0);
	cr_expect_eq(user_find(&u, "7", "fifo", "/dev/zero", why, sizeof(why)), 0);
	cr_expect_eq(user_find(&u, "7", ".", ".", why, sizeof(why)), 0);
	cr_expect_eq(user_find(&u, "web", "fifo", "group", why, sizeof(why)), -1);
	cr_expect_eq(user_find(&u, "web", "/dev/zero", "group", why, sizeof(why)), -1);
}

/* A group of so many members that no buffer would hold its line, ours the last. */
static void
write_wide_group(void)
{
	FILE *file = fopen("wide", "w");
	int i;

	for (i = 0; i < 20000; i++)
		fprintf(file, i == 0 ? "wide:x:90:member%d" : ",member%d", i);
	fputs(",web\nafter:x:91:web\n", file);
	fclose(file);
}

Test(user, no_line_is_too_long)
{
	char why[256];
	struct user u;
	FILE *file;

	write_wide_group();
	cr_expect_eq(user_find(&u, "web", "passwd", "wide", why, sizeof(why)), 0);
	cr_expect(u.group_count == 3 && u.groups[1] == 90 && u.groups[2] == 91);
	file = fopen("long", "w");
	fprintf(file, "web%0*d:x:1:1:::\n", 100000, 0);
	fprintf(file, "web:x:33:33:%0*d:/srv:/bin/sh\nlost:x:8:8::/%0*d:\n", 100000, 0, 5000, 0);
	fwrite("web\0b:x:2:2:::\nnul\0:x:3:3:::\n", 1, 29, file);
	fclose(file);
	cr_expect_eq(user_find(&u, "web", "long", "group", why, sizeof(why)), 0);
	cr_expect(u.uid == 33);
	cr_expect_str_eq(u.home, "/srv");
	cr_expect_eq(user_find(&u, "lost", "long", "group", why, sizeof(why)), 0);
	cr_expect_str_eq(u.home, "/", "one that does not fit is not cut");
	cr_expect_eq(user_find(&u, "nul", "long", "group", why, sizeof(why)), -1);
}

static void
write_groups(int count)
{
	FILE *file = fopen("many", "w");
	int i;

	for (i = 0; i < count; i++)
		fprintf(file, "g%d:x:%d:web\n", i, 1000 + i);
	fclose(file);
}

Test(user, full_is_full)
{
	char why[256];
	struct user u;

	write_groups(USER_GROUPS - 1);
	cr_expect_eq(user_find(&u, "web", "passwd", "many", why, sizeof(why)), 0);
	cr_expect_eq(u.group_count, USER_GROUPS);
	write_groups(USER_GROUPS);
	cr_expect_eq(user_find(&u, "web", "passwd", "many", why, sizeof(why)), -1);
	cr_expect_str_eq(why, "BATON_USER: 'web' has more than 64 groups in many: name one, as "
	    "USER:GROUP");
	cr_expect_eq(user_find(&u, "web:g63", "passwd", "many", why, sizeof(why)), 0);
	cr_expect_eq(u.gid, 1063);
}

/* Whatever a file holds, the answer is one of the two, and it is found in bounds. */
Test(user, any_bytes)
{
	static const char bytes[] = "web:x:0123456789\n\r,#+-\0:::\n\n";
	char text[512], why[256];
	unsigned seed = 1;
	struct user u;
	int round, i;

	for (round = 0; round < 2000; round++) {
		FILE *file = fopen("any", "w");

		for (i = 0; i < (int)sizeof(text); i++)
			text[i] = bytes[(size_t)rand_r(&seed) % (sizeof(bytes) - 1)];
		fwrite(text, 1, (size_t)rand_r(&seed) % sizeof(text), file);
		fclose(file);
		if (user_find(&u, round % 2 != 0 ? "web" : "1:web", "any", "any", why,
		    sizeof(why)) == 0)
			cr_assert(u.group_count >= 1 && u.group_count <= USER_GROUPS &&
			    u.groups[0] == u.gid && u.home[0] != '\0');
	}
}

/* Not so in a user namespace that maps only root, or denies setgroups(2). */
#define NEED_ROOT()                                                                       \
	do {                                                                              \
		if (getuid() != 0 || setgroups(0, NULL) == -1 || seteuid(4001) == -1 ||   \
		    seteuid(0) == -1)                                                     \
			return CHILD_CANNOT;                                                   \
	} while (0)

static const struct user other = { 4001, 4002, 3, { 4002, 4003, 4004 }, "", "/" };
static const struct user third = { 4005, 4002, 1, { 4002 }, "", "/" };

static int
is(uid_t uid, gid_t gid)
{
	uid_t u[3];
	gid_t g[3];

	MUST(getresuid(&u[0], &u[1], &u[2]) == 0 && getresgid(&g[0], &g[1], &g[2]) == 0);
	MUST(u[0] == uid && u[1] == uid && u[2] == uid);
	MUST(g[0] == gid && g[1] == gid && g[2] == gid);
	return 0;
}

static int
become(void)
{
	gid_t groups[8];

	NEED_ROOT();
	MUST(user_become(&other) == 0);
	MUST(is(4001, 4002) == 0);
	MUST(getgroups(8, groups) == 3);
	MUST(memcmp(groups, other.groups, 3 * sizeof(gid_t)) == 0);
	MUST(setuid(0) == -1 && setgid(0) == -1);
	return 0;
}

Test(user, become_another_for_good)
{
	cr_expect_eq(child_run(become), 0);
}

static int
become_again(void)
{
	NEED_ROOT();
	MUST(user_become(&other) == 0);
	MUST(user_become(&other) == 0);
	MUST(user_become(&third) == -1 && errno == EPERM);
	MUST(is(4001, 4002) == 0 && getgroups(0, NULL) == 3);
	return 0;
}

Test(user, who_is_it_already_needs_no_right_to)
{
	cr_expect_eq(child_run(become_again), 0);
}

/* Root that may not set its groups must not become another with those of root. */
static int
become_with_the_groups_of_root(void)
{
	static const struct user of_root = { 4001, 0, 1, { 0 }, "", "/" };

	NEED_ROOT();
	MUST(capability_raise(UINT64_C(1) << 7) == 0);
	MUST(user_become(&of_root) == -1 && errno == EPERM);
	return is(0, 0);
}

Test(user, without_groups_nobody_becomes_another)
{
	cr_expect_eq(child_run(become_with_the_groups_of_root), 0);
}

/* From another than root the kernel lays nothing down by itself. */
static int
become_from_one_with_the_right_to(void)
{
	const uint64_t both = UINT64_C(1) << 6 | UINT64_C(1) << 7;

	NEED_ROOT();
	MUST(capability_keep(both) == 0 || errno == EPERM);
	MUST(user_become(&other) == 0);
	MUST(capability_raise(both) == 0);
	MUST(user_become(&third) == 0);
	MUST(is(4005, 4002) == 0);
	MUST(setuid(0) == -1);
	MUST(capability_raise(both) == 0);
	MUST(setuid(0) == 0);
	return 0;
}

Test(user, the_right_to_is_laid_down)
{
	cr_expect_eq(child_run(become_from_one_with_the_right_to), 0);
}

static int
become_root(void)
{
	static const struct user root = { 0, 0, 2, { 0, 6 }, "root", "/root" };

	NEED_ROOT();
	MUST(user_become(&root) == 0);
	MUST(is(0, 0) == 0 && getgroups(0, NULL) == 2);
	return 0;
}

Test(user, root_may_be_named)
{
	cr_expect_eq(child_run(become_root), 0);
}
