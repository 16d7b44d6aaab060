/* Goal: what is written is read again, and nothing else is believed. */
#include <criterion/criterion.h>
#include <string.h>

#include "watcher/record.h"

Test(record, round_trip)
{
	const struct record in = {
		.result = RECORD_FAILED, .same_as = 3, .time = 1234567890123, .length = 42,
		.survey = { .bytes = 7, .files = 8, .digest = UINT64_C(0xfedcba9876543210) },
		.trigger = "change", .why = "exit status 1",
	};
	struct record out = { 0 };
	char text[1024];

	cr_assert_eq(record_print(&in, text, sizeof(text)), 0);
	record_parse(&out, text);
	cr_assert_eq(out.result, RECORD_FAILED);
	cr_assert_eq(out.same_as, 3);
	cr_assert_eq(out.time, in.time);
	cr_assert_eq(out.length, 42);
	cr_assert_eq(out.survey.digest, in.survey.digest);
	cr_assert_eq(out.survey.bytes, 7);
	cr_assert_eq(out.survey.files, 8);
	cr_assert_str_eq(out.trigger, "change");
	cr_assert_str_eq(out.why, "exit status 1");
	cr_assert_eq(record_print(&in, text, 40), -1, "too small");
}

Test(record, foreign_text_does_no_harm)
{
	char text[] = "result nonsense\nbytes x\nfiles -1e9\nno_such 3\n\nlonely\nsame_as 99999999999\n"
	    "trigger \nwhy two words\n";
	struct record out = { 0 };

	record_parse(&out, text);
	cr_assert_eq(out.result, RECORD_UNKNOWN);
	cr_assert_eq(out.survey.bytes, 0);
	cr_assert_eq(out.same_as, 0);
	cr_assert_str_eq(out.why, "two words");
}

Test(record, a_line_end_in_a_text_cannot_add_a_field)
{
	struct record in = { .trigger = "x\nresult built" }, out = { 0 };
	char text[1024];

	cr_assert_eq(record_print(&in, text, sizeof(text)), 0);
	record_parse(&out, text);
	cr_assert_eq(out.result, RECORD_UNKNOWN);
	cr_assert_str_eq(out.trigger, "x");
}
