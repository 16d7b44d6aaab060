/* Goal: strict has what it says and nothing else, and learn tells them apart. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/allow.h"
#include "base/sandbox.h"
#include "base/screen.h"
#include "tests/unit/child.h"
#include "watcher/answers.h"
#include "watcher/modes.h"

static struct screen screen;

static int
strictly(void)
{
	int notify = 7;

	if (!sandbox_has_seccomp())
		return CHILD_CANNOT;
	answers_screen(&screen, SANDBOX_STRICT, false);
	MUST(!screen.hears);
	MUST(screen_load(&screen, &notify) == 0 && notify == -1);
	MUST(getppid() > 0);
	MUST(chdir("/") == 0);
	MUST(syscall(SYS_get_mempolicy, 0, 0, 0, 0, 0) == -1 && errno == ENOSYS);
	MUST(syscall(SYS_swapoff, NULL) == -1 && errno == ENOSYS);
	MUST(syscall(100000) == -1 && errno == ENOSYS);
	return 0;
}

Test(answers, strict_has_a_list)
{
	cr_assert_eq(child_run(strictly), 0);
}

Test(answers, strict_allows_what_is_answered)
{
	size_t count, i;
	const int *calls = modes_calls(&count);

	for (i = 0; i < count; i++)
		cr_assert(calls[i] < 0 || allow_has(calls[i]), "%d", calls[i]);
	cr_assert(modes_are(SYS_fchmodat));
	cr_assert_not(modes_are(SYS_read));
	cr_assert_not(modes_are(-1));
}

Test(answers, no_call_is_in_the_list_twice)
{
	size_t count, i, j;
	const int *calls = allow_list(&count);

	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			cr_assert(calls[i] < 0 || calls[i] != calls[j], "%d", calls[i]);
}

Test(answers, who_is_heard)
{
	cr_assert_not(answers_wanted(SANDBOX_ON, false));
	cr_assert(answers_wanted(SANDBOX_ON, true));
	cr_assert_not(answers_wanted(SANDBOX_OFF, false));
	answers_screen(&screen, SANDBOX_ON, true);
	cr_assert(screen.hears);
	answers_screen(&screen, SANDBOX_LEARN, false);
	cr_assert(screen.hears);
}

Test(answers, what_was_learnt)
{
	struct answers a = { .notify = -1 };
	char line[256];

	a.seen[SYS_execve / 64] |= UINT64_C(1) << SYS_execve % 64;
	answers_say(&a, line, sizeof(line));
	cr_assert_not_null(strstr(line, "strict allows all of them"), "%s", line);
	a.seen[SYS_get_mempolicy / 64] |= UINT64_C(1) << SYS_get_mempolicy % 64;
	answers_say(&a, line, sizeof(line));
	cr_assert_not_null(strstr(line, "strict has not: get_mempolicy"), "%s", line);
}
