/* text.c - bounded strings and the values people write in them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int
text_copy(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);
	size_t fits = length < size ? length : size - 1;

	memcpy(to, from, fits);
	to[fits] = '\0';
	return fits == length ? 0 : -1;
}

int
text_append(char *to, size_t size, const char *format, ...)
{
	size_t used = strlen(to);
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(to + used, size - used, format, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < size - used ? 0 : -1;
}

int
text_number(const char *text, int64_t min, int64_t max, int64_t *value)
{
	char *end;
	long long n;

	if (strspn(text, "-0123456789") != strlen(text) || *text == '\0')
		return -1;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return -1;
	*value = n;
	return 0;
}

struct unit {
	const char *name;
	int64_t factor;
};

/* A number followed by one of the units; the last row has no name. */
static int
measure(const char *text, const struct unit *units, int64_t *value)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];
	int64_t n;

	if (digits == 0 || digits >= sizeof(number))
		return -1;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (text_number(number, 0, INT64_MAX, &n) == -1)
		return -1;
	for (; units->name != NULL; units++) {
		if (strcmp(text + digits, units->name) != 0)
			continue;
		if (n > INT64_MAX / units->factor)
			return -1;
		*value = n * units->factor;
		return 0;
	}
	return -1;
}

static const struct unit durations[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 }, { "k", 1 << 10 }, { "K", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 },
	{ NULL, 0 },
};

int
text_duration(const char *text, msec *value)
{
	if (strcmp(text, "0") == 0) {
		*value = 0;
		return 0;
	}
	return measure(text, durations, value);
}

int
text_size(const char *text, int64_t *bytes)
{
	return measure(text, sizes, bytes);
}

int
text_switch(const char *text, bool *value)
{
	if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
		return -1;
	*value = strcmp(text, "on") == 0;
	return 0;
}

void
text_duration_print(char *to, size_t size, msec value)
{
	const struct unit *best = &durations[0], *u;

	for (u = durations; u->name != NULL; u++)
		if (value % u->factor == 0 && (value >= u->factor || u->factor <= 1000))
			best = u;
	snprintf(to, size, "%lld%s", (long long)(value / best->factor), best->name);
}

enum { LONGEST_WORD = 48 };

static int
least(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment, three rows of the usual matrix. */
int
text_distance(const char *from, const char *to)
{
	int rows[3][LONGEST_WORD + 1];
	int n = (int)strlen(from), m = (int)strlen(to), i, j;

	if (n > LONGEST_WORD || m > LONGEST_WORD)
		return LONGEST_WORD;
	for (j = 0; j <= m; j++)
		rows[0][j] = j;
	for (i = 1; i <= n; i++) {
		int *row = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];

		row[0] = i;
		for (j = 1; j <= m; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
			    above[j - 1] + (from[i - 1] != to[j - 1]));
			if (i > 1 && j > 1 && from[i - 1] == to[j - 2] &&
			    from[i - 2] == to[j - 1])
				row[j] = least(row[j], row[j], higher[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

bool
text_begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The length of the UTF-8 sequence that begins here, 0 if it is none. */
static size_t
utf8_length(const unsigned char *s, size_t left)
{
	size_t want = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 :
	    *s >= 0xf0 && *s < 0xf5 ? 4 : 0;
	size_t i;

	if (want == 0 || want > left)
		return 0;
	for (i = 1; i < want; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return want;
}

void
text_escape(char *to, size_t size, const char *from, size_t length)
{
	const unsigned char *s = (const unsigned char *)from;
	size_t used = 0, n;
	char piece[8];

	while (length > 0) {
		n = utf8_length(s, length);
		if (n == 1 && (*s == '"' || *s == '\\'))
			snprintf(piece, sizeof(piece), "\\%c", *s);
		else if (n == 0 || *s < ' ' || *s == 0x7f)
			snprintf(piece, sizeof(piece), "\\u%04x", *s);
		else
			snprintf(piece, sizeof(piece), "%.*s", (int)n, (const char *)s);
		if (used + strlen(piece) >= size)
			break;
		memcpy(to + used, piece, strlen(piece));
		used += strlen(piece);
		s += n == 0 ? 1 : n;
		length -= n == 0 ? 1 : n;
	}
	to[used] = '\0';
}
