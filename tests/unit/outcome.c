/* How a process ended, as one number. */
#include <criterion/criterion.h>

#include <limits.h>
#include <signal.h>

#include "handoff/outcome.h"

Test(outcome, is_what_a_shell_would_say)
{
	cr_assert_eq(outcome_code(0), 0);
	cr_assert_eq(outcome_code(255 << 8), 255);
	cr_assert_eq(outcome_code(SIGKILL), 137);
	cr_assert_eq(outcome_code(SIGSEGV | 0x80), 139, "with a core");
}

Test(outcome, succeeds_by_the_code_and_by_no_other)
{
	static const int codes[] = { 1, 63, 64, 127, 143, 255 };
	uint64_t ok[4], none[4] = { 0 };
	size_t i;
	int code;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		for (code = 0; code < 4; code++)
			ok[code] = codes[i] / 64 == code ? UINT64_C(1) << (codes[i] % 64) : 0;
		for (code = 0; code < 256; code++)
			cr_expect_eq(outcome_succeeded(ok, code), code == 0 || code == codes[i],
			    "%d where %d does", code, codes[i]);
	}
	cr_assert(outcome_succeeded(none, 0));
	cr_assert_not(outcome_succeeded(none, -1));
	cr_assert_not(outcome_succeeded(ok, INT_MAX));
}
