/* Goal: every function of base/text.h at its borders. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/text.h"

Test(text, copy_says_when_it_cut)
{
	char to[4];

	cr_assert_eq(text_copy(to, sizeof(to), "abc"), 0);
	cr_assert_str_eq(to, "abc");
	cr_assert_eq(text_copy(to, sizeof(to), "abcd"), -1);
	cr_assert_str_eq(to, "abc");
}

Test(text, append_says_when_it_cut)
{
	char to[8] = "";

	cr_assert_eq(text_append(to, sizeof(to), "%d-", 12), 0);
	cr_assert_eq(text_append(to, sizeof(to), "%s", "abcd"), 0);
	cr_assert_str_eq(to, "12-abcd");
	cr_assert_eq(text_append(to, sizeof(to), "x"), -1);
	cr_assert_str_eq(to, "12-abcd");
}

Test(text, number_is_whole_and_within_bounds)
{
	int64_t n = 7;

	cr_assert_eq(text_number("64", 1, 64, &n), 0);
	cr_assert_eq(n, 64);
	cr_assert_eq(text_number("-3", -5, 5, &n), 0);
	cr_assert_eq(n, -3);
	for (const char *const *bad = (const char *const[]){ "", "65", "0", " 1", "1 ", "1.5",
	    "0x10", "+1", "-", "99999999999999999999", NULL }; *bad != NULL; bad++)
		cr_expect_eq(text_number(*bad, 1, 64, &n), -1, "'%s'", *bad);
	cr_assert_eq(n, -3, "a failed parse must not touch it");
}

static const struct {
	const char *text;
	msec value;	/* -1: refused */
} durations[] = {
	{ "0", 0 }, { "0s", 0 }, { "500ms", 500 }, { "10s", 10000 }, { "5m", 300000 },
	{ "1h", 3600000 }, { "10", -1 }, { "", -1 }, { "s", -1 }, { "1.5s", -1 }, { "-1s", -1 },
	{ "1 s", -1 }, { "1d", -1 }, { "1S", -1 }, { "9223372036854775807h", -1 },
	{ "99999999999999999999999999s", -1 },
};

Test(text, durations)
{
	size_t i;

	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		msec got = -1;
		int result = text_duration(durations[i].text, &got);

		cr_expect_eq(result, durations[i].value == -1 ? -1 : 0, "%s", durations[i].text);
		cr_expect_eq(got, durations[i].value, "%s", durations[i].text);
	}
}

Test(text, duration_print_reads_back)
{
	static const struct {
		msec value;
		const char *text;
	} rows[] = {
		{ 0, "0s" }, { 1, "1ms" }, { 999, "999ms" }, { 1000, "1s" }, { 1500, "1500ms" },
		{ 10000, "10s" }, { 60000, "1m" }, { 90000, "90s" }, { 3600000, "1h" },
		{ 5400000, "90m" }, { 86400000, "24h" },
	};
	char to[32];
	msec back;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_duration_print(to, sizeof(to), rows[i].value);
		cr_expect_str_eq(to, rows[i].text);
		cr_expect_eq(text_duration(to, &back), 0);
		cr_expect_eq(back, rows[i].value);
	}
}

Test(text, sizes)
{
	int64_t bytes = -1;

	cr_assert_eq(text_size("64k", &bytes), 0);
	cr_assert_eq(bytes, 65536);
	cr_assert_eq(text_size("512M", &bytes), 0);
	cr_assert_eq(bytes, 536870912);
	cr_assert_eq(text_size("2G", &bytes), 0);
	cr_assert_eq(bytes, INT64_C(2147483648));
	cr_assert_eq(text_size("100", &bytes), 0);
	cr_assert_eq(bytes, 100);
	cr_assert_eq(text_size("2GB", &bytes), -1);
	cr_assert_eq(text_size("9223372036854775807G", &bytes), -1);
	cr_assert_eq(bytes, 100);
}

Test(text, switches)
{
	bool value = false;

	cr_assert_eq(text_switch("on", &value), 0);
	cr_assert(value);
	cr_assert_eq(text_switch("yes", &value), -1);
	cr_assert(value);
	cr_assert_eq(text_switch("off", &value), 0);
	cr_assert_not(value);
}

Test(text, distance_counts_edits)
{
	cr_expect_eq(text_distance("", ""), 0);
	cr_expect_eq(text_distance("", "abc"), 3);
	cr_expect_eq(text_distance("WORKERS", "WORKERS"), 0);
	cr_expect_eq(text_distance("WORKES", "WORKERS"), 1);
	cr_expect_eq(text_distance("WOKRERS", "WORKERS"), 1, "neighbours swapped");
	cr_expect_eq(text_distance("LISTEN", "WATCH"), text_distance("WATCH", "LISTEN"));
	cr_expect_gt(text_distance("LISTEN", "SANDBOX_DISK"), 5);
}

Test(text, begins)
{
	cr_expect(text_begins("BATON_X", "BATON_"));
	cr_expect(text_begins("x", ""));
	cr_expect_not(text_begins("BATO", "BATON_"));
}

Test(text, escape_keeps_utf8_and_nothing_else)
{
	char to[64];

	text_escape(to, sizeof(to), "a\"b\\c", 5);
	cr_expect_str_eq(to, "a\\\"b\\\\c");
	text_escape(to, sizeof(to), "\n\t\x7f", 3);
	cr_expect_str_eq(to, "\\u000a\\u0009\\u007f");
	text_escape(to, sizeof(to), "gr\xc3\xbcn \xf0\x9f\x98\x80", 10);
	cr_expect_str_eq(to, "gr\xc3\xbcn \xf0\x9f\x98\x80");
	text_escape(to, sizeof(to), "\xff\xc3", 2);
	cr_expect_str_eq(to, "\\u00ff\\u00c3", "broken UTF-8");
	text_escape(to, sizeof(to), "\xc0\x80", 2);
	cr_expect_str_eq(to, "\\u00c0\\u0080", "an overlong NUL");
}

Test(text, escape_never_cuts_inside_a_piece)
{
	char to[8];

	text_escape(to, sizeof(to), "aa\n\n", 4);
	cr_expect_str_eq(to, "aa");
	text_escape(to, sizeof(to), "aaaaaa\xc3\xbc", 8);
	cr_expect_str_eq(to, "aaaaaa");
}
