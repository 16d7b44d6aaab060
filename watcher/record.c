/* record.c - the record of one build, as text. No system calls. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "watcher/record.h"

static const char *const names[] = {
	[RECORD_UNKNOWN] = "unknown", [RECORD_BUILT] = "built", [RECORD_SAME] = "same",
	[RECORD_FAILED] = "failed", [RECORD_IMPORTED] = "imported",
};

enum kind { NUMBER, NUMBER_32, RESULT, TEXT };

static const struct field {
	const char *name;
	enum kind kind;
	size_t at;
} fields[] = {
	{ "result", RESULT, offsetof(struct record, result) },
	{ "same_as", NUMBER_32, offsetof(struct record, same_as) },
	{ "time_ms", NUMBER, offsetof(struct record, time) },
	{ "length_ms", NUMBER, offsetof(struct record, length) },
	{ "bytes", NUMBER, offsetof(struct record, survey.bytes) },
	{ "files", NUMBER, offsetof(struct record, survey.files) },
	{ "digest", NUMBER, offsetof(struct record, survey.digest) },
	{ "trigger", TEXT, offsetof(struct record, trigger) },
	{ "why", TEXT, offsetof(struct record, why) },
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };
_Static_assert(sizeof(((struct record *)0)->trigger) == sizeof(((struct record *)0)->why),
    "one size of text");

const char *
record_result_name(enum record_result result)
{
	return names[result];
}

static int
print_field(const struct field *f, const char *at, char *to, size_t size)
{
	switch (f->kind) {
	case NUMBER:
		return text_append(to, size, "%s %" PRId64 "\n", f->name, *(const int64_t *)at);
	case NUMBER_32:
		return text_append(to, size, "%s %" PRId32 "\n", f->name, *(const int32_t *)at);
	case RESULT:
		return text_append(to, size, "%s %s\n", f->name,
		    names[*(const enum record_result *)at]);
	case TEXT:
		return text_append(to, size, "%s %.*s\n", f->name, (int)strcspn(at, "\n"), at);
	}
	return -1;
}

int
record_print(const struct record *record, char *to, size_t size)
{
	int i;

	*to = '\0';
	for (i = 0; i < FIELDS; i++)
		if (print_field(&fields[i], (const char *)record + fields[i].at, to, size) == -1)
			return -1;
	return 0;
}

static void
parse_result(enum record_result *result, const char *value)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], value) == 0)
			*result = (enum record_result)i;
}

static void
parse_field(const struct field *f, char *at, const char *value)
{
	int64_t number = 0;

	switch (f->kind) {
	case NUMBER:
		text_number(value, INT64_MIN, INT64_MAX, (int64_t *)at);
		break;
	case NUMBER_32:
		if (text_number(value, 0, INT32_MAX, &number) == 0)
			*(int32_t *)at = (int32_t)number;
		break;
	case RESULT:
		parse_result((enum record_result *)at, value);
		break;
	case TEXT:
		text_copy(at, sizeof(((struct record *)0)->why), value);
		break;
	}
}

static void
parse_line(struct record *record, char *line)
{
	char *value = strchr(line, ' ');
	int i;

	if (value == NULL)
		return;
	*value++ = '\0';
	for (i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].name, line) == 0)
			parse_field(&fields[i], (char *)record + fields[i].at, value);
}

void
record_parse(struct record *record, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) != NULL)
		parse_line(record, line);
}
