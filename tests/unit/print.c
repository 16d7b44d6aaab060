/* Goal: what people read is right at the borders between units, and never a terminal's command. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "init/print.h"

static const struct {
	msec span;
	const char *text;
} spans[] = {
	{ -5, "0ms" }, { 0, "0ms" }, { 999, "999ms" }, { 1000, "1.0s" }, { 2149, "2.1s" },
	{ 9999, "9.9s" }, { 10000, "10s" }, { 59999, "59s" }, { 60000, "1m 0s" },
	{ 3599999, "59m 59s" }, { 3600000, "1h 0m" }, { 86399999, "23h 59m" },
	{ 86400000, "1d 0h" }, { 270000000, "3d 3h" },
};

Test(print, spans)
{
	char to[32];
	size_t i;

	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		print_span(to, sizeof(to), spans[i].span);
		cr_expect_str_eq(to, spans[i].text);
	}
}

static const struct {
	int64_t bytes;
	const char *text;
} sizes[] = {
	{ 0, "0" }, { 1023, "1023" }, { 1024, "1.0k" }, { 65700, "64.2k" }, { 102400, "100k" },
	{ 1023400, "999k" }, { 1023500, "1.0M" }, { 44863488, "42.8M" },
	{ INT64_C(3) << 30, "3.0G" }, { INT64_C(5000) << 40, "5000T" },
};

Test(print, bytes)
{
	char to[32];
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		print_bytes(to, sizeof(to), sizes[i].bytes);
		cr_expect_str_eq(to, sizes[i].text);
	}
}

/* What print() writes for this text; the caller frees it. */
static char *
written(void (*print)(FILE *, const char *), const char *text)
{
	char *got;
	size_t size;
	FILE *f = open_memstream(&got, &size);

	print(f, text);
	fclose(f);
	return got;
}

static void
wrapped(FILE *to, const char *text)
{
	print_wrapped(to, text, 4, 4, 20);
}

static void
expect(void (*print)(FILE *, const char *), const char *text, const char *wanted)
{
	char *got = written(print, text);

	cr_expect_str_eq(got, wanted);
	free(got);
}

Test(print, json)
{
	expect(print_json, NULL, "null");
	expect(print_json, "", "\"\"");
	expect(print_json, "say \"hi\"\n", "\"say \\\"hi\\\"\\u000a\"");
}

Test(print, safe_is_as_it_is_or_escaped)
{
	expect(print_safe, "say \"hi\" gr\xc3\xbcn", "say \"hi\" gr\xc3\xbcn");
	expect(print_safe, "\033]0;evil\a", "\\u001b]0;evil\\u0007");
}

Test(print, wrapped_within_its_width)
{
	expect(wrapped, "one", "one\n");
	expect(wrapped, "one two three four", "one two three\n    four\n");
	expect(wrapped, "aaaabbbbccccddddeeeeffff g", "aaaabbbbccccddddeeeeffff\n    g\n");
	expect(wrapped, "", "\n");
}
