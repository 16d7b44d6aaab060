/* carryover.c - a struct as text that another version of baton can read. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "init/carryover.h"

enum { PATH_BYTES = 128, LINE_BYTES = 1280, CHUNK = 8192 };

#define HEAD "baton carryover"
#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* FNV-1a: it is to find what was cut or spoiled, not who is wicked: only PID 1 writes it. */
static uint64_t
sum_over(uint64_t sum, const char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		sum = (sum ^ (unsigned char)bytes[i]) * FNV_PRIME;
	return sum;
}

/* --- a field in memory ------------------------------------------------------------------------ */

static int64_t
get_number(const char *at, const struct carried *row)
{
	int64_t number = 0;
	int32_t four;
	int16_t two;
	int8_t one;

	switch (row->size) {
	case sizeof(one):
		memcpy(&one, at, sizeof(one));
		number = row->kind == CARRIED_COUNT ? (uint8_t)one : one;
		break;
	case sizeof(two):
		memcpy(&two, at, sizeof(two));
		number = row->kind == CARRIED_COUNT ? (uint16_t)two : two;
		break;
	case sizeof(four):
		memcpy(&four, at, sizeof(four));
		number = row->kind == CARRIED_COUNT ? (int64_t)(uint32_t)four : four;
		break;
	default:
		memcpy(&number, at, sizeof(number));
		break;
	}
	return number;
}

/* False when it does not fit. Little or big, the machine is the same one. */
static bool
set_number(char *at, const struct carried *row, int64_t number)
{
	int32_t four = (int32_t)number;
	int16_t two = (int16_t)number;
	int8_t one = (int8_t)number;
	char kept[sizeof(number)];

	memcpy(kept, at, row->size);
	switch (row->size) {
	case sizeof(one):
		memcpy(at, &one, sizeof(one));
		break;
	case sizeof(two):
		memcpy(at, &two, sizeof(two));
		break;
	case sizeof(four):
		memcpy(at, &four, sizeof(four));
		break;
	default:
		memcpy(at, &number, sizeof(number));
		break;
	}
	if (get_number(at, row) == number &&
	    (row->most == 0 || (number >= -1 && number <= row->most)))
		return true;
	memcpy(at, kept, row->size);
	return false;
}

static bool
is_zero(const char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Is there nothing at this place of an array? */
static bool
is_absent(const struct carried_struct *s, const char *at)
{
	const struct carried *key = &s->rows[0];

	if (!s->keyed)
		return is_zero(at, s->size);
	if (key->kind == CARRIED_STRUCT)
		return is_absent(key->inner, at + key->offset);
	if (key->kind == CARRIED_DESCRIPTOR)
		return get_number(at + key->offset, key) == -1;
	return key->kind == CARRIED_TEXT ? at[key->offset] == '\0' :
	    get_number(at + key->offset, key) == 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

struct writer {
	int fd, error;
	uint64_t sum;
	size_t used;
	char path[PATH_BYTES];
	char chunk[CHUNK];
};

static void
flush(struct writer *w)
{
	if (w->error == 0 && fd_write_all(w->fd, w->chunk, w->used) == -1)
		w->error = errno;
	w->used = 0;
}

static void __attribute__((format(printf, 2, 3)))
put(struct writer *w, const char *format, ...)
{
	va_list ap;
	int n;

	if (CHUNK - w->used < LINE_BYTES)
		flush(w);
	va_start(ap, format);
	n = vsnprintf(w->chunk + w->used, LINE_BYTES, format, ap);
	va_end(ap);
	if (n < 0 || n >= LINE_BYTES) {
		w->error = EMSGSIZE;
		return;
	}
	w->sum = sum_over(w->sum, w->chunk + w->used, (size_t)n);
	w->used += (size_t)n;
}

/* Every byte that is not plain as %XX: a line stays a line, and a word a word. */
static void
escape(char to[static LINE_BYTES], const char *bytes, size_t size)
{
	size_t used = 0, i;

	for (i = 0; i < size && used < LINE_BYTES - 4; i++) {
		unsigned char c = (unsigned char)bytes[i];

		used += (size_t)sprintf(to + used, c > ' ' && c < 0x7f && c != '%' ? "%c" : "%%%02x", c);
	}
	to[used] = '\0';
}

static void write_struct(struct writer *w, size_t length, const struct carried_struct *s,
    const char *from);

static void
write_one(struct writer *w, size_t length, const struct carried *row, const char *at)
{
	char text[LINE_BYTES];

	switch (row->kind) {
	case CARRIED_NUMBER:
	case CARRIED_COUNT:
	case CARRIED_DESCRIPTOR:
		put(w, "%s %" PRId64 "\n", w->path, get_number(at, row));
		break;
	case CARRIED_TEXT:
	case CARRIED_BYTES:
		escape(text, at, row->kind == CARRIED_TEXT ? strnlen(at, row->size) : row->size);
		put(w, "%s %s\n", w->path, text);
		break;
	case CARRIED_STRUCT:
		write_struct(w, length, row->inner, at);
		break;
	case CARRIED_NOT:
		break;
	}
}

static void
write_struct(struct writer *w, size_t length, const struct carried_struct *s, const char *from)
{
	const struct carried *row;
	const char *at;
	size_t end;
	int i;

	for (row = s->rows; row < s->rows + s->count; row++)
		for (i = 0; i < row->count && row->kind != CARRIED_NOT; i++) {
			at = from + row->offset + (size_t)i * row->size;
			if (row->kind == CARRIED_STRUCT && row->count > 1 &&
			    is_absent(row->inner, at))
				continue;
			end = length + (size_t)snprintf(w->path + length, sizeof(w->path) - length,
			    row->count > 1 ? "%s%s.%d" : "%s%s", length > 0 ? "." : "", row->name, i);
			if (end >= sizeof(w->path))
				w->error = EMSGSIZE;
			else
				write_one(w, end, row, at);
		}
	w->path[length] = '\0';
}

int
carryover_write(int fd, const struct carried_struct *what, const void *from, const char *version)
{
	static struct writer w;

	w.fd = fd;
	w.error = 0;
	w.sum = FNV_START;
	w.used = 0;
	w.path[0] = '\0';
	put(&w, HEAD " %d %s\n", CARRYOVER_FORMAT, version);
	write_struct(&w, 0, what, from);
	put(&w, "sum %016" PRIx64 "\n", w.sum);
	flush(&w);
	errno = w.error;
	return w.error == 0 ? 0 : -1;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns how many bytes there were; -1 when it is not what escape() writes, or too long. */
static int
unescape(char *to, size_t size, const char *text)
{
	size_t used = 0;
	int high, low;

	for (; *text != '\0'; text++) {
		if (used == size)
			return -1;
		if (*text != '%') {
			to[used++] = *text;
			continue;
		}
		if ((high = hex(text[1])) == -1 || (low = hex(text[2])) == -1)
			return -1;
		to[used++] = (char)(high << 4 | low);
		text += 2;
	}
	return (int)used;
}

static bool
read_bytes(const struct carried *row, char *at, const char *value)
{
	char bytes[LINE_BYTES];
	int n = unescape(bytes, sizeof(bytes), value);
	size_t room = row->kind == CARRIED_TEXT ? row->size - 1 : row->size;

	/* text that is for people may be cut; bytes mean something only as a whole */
	if (n == -1 || (row->kind == CARRIED_BYTES && (size_t)n != room))
		return false;
	memset(at, 0, row->size);
	memcpy(at, bytes, (size_t)n < room ? (size_t)n : room);
	return true;
}

static bool
read_number(const struct carried *row, char *at, const char *value)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(value, &end, 10);
	return end != value && *end == '\0' && errno == 0 && set_number(at, row, number) &&
	    (row->kind != CARRIED_DESCRIPTOR || number >= -1);
}

enum found { FOUND, UNKNOWN, NO_ROOM };

/* The row and the place in memory that a name stands for. */
static enum found
find(const struct carried_struct *s, char *base, const char *name, const struct carried **row,
    char **at)
{
	size_t length = strcspn(name, ".");
	const struct carried *r;
	char *end = (char *)name + length;
	long index = 0;

	for (r = s->rows; r < s->rows + s->count; r++)
		if (strncmp(r->name, name, length) == 0 && r->name[length] == '\0')
			break;
	if (r == s->rows + s->count || r->kind == CARRIED_NOT)
		return UNKNOWN;
	if (r->count > 1) {
		if (*end != '.' || !isdigit((unsigned char)end[1]))
			return UNKNOWN;
		index = strtol(end + 1, &end, 10);
		if (index < 0 || index >= r->count)
			return NO_ROOM;
	}
	*at = base + r->offset + (size_t)index * r->size;
	*row = r;
	if (r->kind == CARRIED_STRUCT)
		return *end == '.' ? find(r->inner, *at, end + 1, row, at) : UNKNOWN;
	return *end == '\0' ? FOUND : UNKNOWN;
}

static int
read_line(const struct carried_struct *what, char *to, char *line, char *why)
{
	char *value = strchr(line, ' ');
	const struct carried *row;
	bool fine = value != NULL;
	char *at;

	if (fine) {
		*value++ = '\0';
		switch (find(what, to, line, &row, &at)) {
		case UNKNOWN:
			return 0;
		case NO_ROOM:
			snprintf(why, CARRYOVER_WHY, "this version has no room for %.40s", line);
			return -1;
		case FOUND:
			break;
		}
		fine = row->kind == CARRIED_TEXT || row->kind == CARRIED_BYTES ?
		    read_bytes(row, at, value) : read_number(row, at, value);
	}
	if (!fine)
		snprintf(why, CARRYOVER_WHY, "its state has '%.40s', which means nothing here", line);
	return fine ? 0 : -1;
}

/* The next line without its end; false when there is none, or none that is whole. */
static bool
next_line(const char **at, const char *end, char line[static LINE_BYTES])
{
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	size_t length = stop == NULL ? LINE_BYTES : (size_t)(stop - *at);

	if (length >= LINE_BYTES || memchr(*at, '\0', length) != NULL)
		return false;
	memcpy(line, *at, length);
	line[length] = '\0';
	*at = stop + 1;
	return true;
}

static int
read_head(const char *line, char *version, char *why)
{
	const char *at = line + sizeof(HEAD);
	char *end;
	long format;

	if (strncmp(line, HEAD " ", sizeof(HEAD)) != 0 || (format = strtol(at, &end, 10)) < 1 ||
	    *end != ' ') {
		text_copy(why, CARRYOVER_WHY, "what it was given is no state of baton");
		return -1;
	}
	if (format != CARRYOVER_FORMAT) {
		snprintf(why, CARRYOVER_WHY, "it reads state of format %d, and this is format %ld of %.19s",
		    CARRYOVER_FORMAT, format, end + 1);
		return -1;
	}
	text_copy(version, CARRYOVER_VERSION, end + 1);
	return 0;
}

/* Is the last line the sum over all before it? Then *end is where it begins. */
static bool
check_sum(const char *text, size_t size, const char **end)
{
	enum { LAST = sizeof("sum 0123456789abcdef\n") - 1 };
	char wanted[LAST + 1];

	if (size < LAST)
		return false;
	*end = text + size - LAST;
	snprintf(wanted, sizeof(wanted), "sum %016" PRIx64 "\n",
	    sum_over(FNV_START, text, size - LAST));
	return memcmp(*end, wanted, LAST) == 0;
}

int
carryover_read(const char *text, size_t size, const struct carried_struct *what, void *to,
    char version[static CARRYOVER_VERSION], char why[static CARRYOVER_WHY])
{
	const char *at = text, *end = text + size;
	char line[LINE_BYTES];

	text_copy(why, CARRYOVER_WHY, "what it was given is no state of baton");
	if (!next_line(&at, end, line) || read_head(line, version, why) == -1)
		return -1;
	if (!check_sum(text, size, &end)) {
		text_copy(why, CARRYOVER_WHY, "the state it was given is not whole");
		return -1;
	}
	while (at < end)
		if (!next_line(&at, end, line) || read_line(what, to, line, why) == -1)
			return -1;
	return 0;
}

/* --- descriptors ------------------------------------------------------------------------------ */

int
carryover_descriptors(const struct carried_struct *what, void *of,
    int (*call)(int *fd, void *with), void *with)
{
	const struct carried *row;
	char *at;
	int i;

	for (row = what->rows; row < what->rows + what->count; row++)
		for (i = 0; i < row->count; i++) {
			at = (char *)of + row->offset + (size_t)i * row->size;
			if (row->kind == CARRIED_STRUCT &&
			    (row->count > 1 && is_absent(row->inner, at) ? 0 :
			    carryover_descriptors(row->inner, at, call, with)) == -1)
				return -1;
			if (row->kind == CARRIED_DESCRIPTOR && *(int *)(void *)at > STDERR_FILENO &&
			    call((int *)(void *)at, with) == -1)
				return -1;
		}
	return 0;
}
