/* frames.c - the call frame table of a binary, and a walk up a stack with it. */
#include <sys/ptrace.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/frames.h"

enum base { UNKNOWN, BY_SP, BY_BP };

/* From `at` to the next row or `end`: where the caller's frame begins, and where its rbp was saved. */
struct row {
	uint64_t at, end;
	enum base base;
	long offset, bp_offset;
	bool bp_saved;
};

struct frames {
	struct row *rows;
	size_t count, room;
};

static void
add(struct frames *f, struct row row)
{
	if (f->count == f->room) {
		f->room = f->room == 0 ? 1024 : 2 * f->room;
		if ((f->rows = realloc(f->rows, f->room * sizeof(*f->rows))) == NULL)
			abort();
	}
	f->rows[f->count++] = row;
}

/* "rsp+16" or "rbp+16"; other registers are used by a few functions of libc only. */
static void
read_rule(struct row *row, const char *rule)
{
	if (strncmp(rule, "rsp+", 4) == 0)
		row->base = BY_SP;
	else if (strncmp(rule, "rbp+", 4) == 0)
		row->base = BY_BP;
	else
		return;
	row->offset = strtol(rule + 4, NULL, 10);
}

/* Which column of a header line tells about rbp; 0 if none does. */
static int
find_column(char *line)
{
	char *rest = line, *word;
	int column = 0;

	while ((word = strsep(&rest, " \n")) != NULL) {
		if (*word == '\0')
			continue;
		if (strcmp(word, "rbp") == 0)
			return column;
		column++;
	}
	return 0;
}

static void
read_row(struct frames *f, char *line, uint64_t end, int bp_column)
{
	struct row row = { .at = strtoull(line, NULL, 16), .end = end };
	char *rest = line, *word;
	int column = 0;

	while ((word = strsep(&rest, " \n")) != NULL) {
		if (*word == '\0')
			continue;
		if (column == 1)
			read_rule(&row, word);
		if (column == bp_column && bp_column > 0 && strncmp(word, "c-", 2) == 0) {
			row.bp_saved = true;
			row.bp_offset = -strtol(word + 2, NULL, 10);
		}
		column++;
	}
	add(f, row);
}

static int
by_address(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static void
read_table(struct frames *f, FILE *from)
{
	char line[1024], *range, *rest;
	uint64_t begin, end = 0;
	int bp_column = 0;

	while (fgets(line, sizeof(line), from) != NULL) {
		if (strstr(line, " CIE ") != NULL)
			end = 0;
		else if ((range = strstr(line, "pc=")) != NULL) {
			begin = strtoull(range + 3, &rest, 16);
			end = strtoull(rest + 2, NULL, 16);
			bp_column = 0;
			/* one without rows is as the CIE says: nothing but the return address */
			add(f, (struct row){ begin, end, BY_SP, 8, 0, false });
		} else if (strncmp(line, "   LOC", 6) == 0)
			bp_column = find_column(line);
		else if (end != 0 && line[0] != '\n' && f->count > 0) {
			if (f->rows[f->count - 1].at == strtoull(line, NULL, 16))
				f->count--;
			read_row(f, line, end, bp_column);
		}
	}
	qsort(f->rows, f->count, sizeof(*f->rows), by_address);
}

struct frames *
frames_read(const char *binary)
{
	struct frames *f = calloc(1, sizeof(*f));
	char command[4096];
	FILE *from;

	if (f == NULL)
		return NULL;
	snprintf(command, sizeof(command), "exec readelf --debug-dump=frames-interp '%s' 2>/dev/null",
	    binary);
	if ((from = popen(command, "re")) != NULL) {
		read_table(f, from);
		pclose(from);
	}
	if (f->count > 0)
		return f;
	free(f);
	return NULL;
}

static const struct row *
look(const struct frames *f, uint64_t pc)
{
	size_t low = 0, high = f->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (f->rows[middle].at <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && pc < f->rows[low - 1].end ? &f->rows[low - 1] : NULL;
}

static bool
peek(pid_t pid, uint64_t address, uint64_t *word)
{
	long got;

	errno = 0;
	got = ptrace(PTRACE_PEEKDATA, pid, address, 0);
	if (errno != 0)
		return false;
	*word = (uint64_t)got;
	return true;
}

int
frames_chain(const struct frames *f, pid_t pid, uint64_t base, struct stand at,
    uint64_t chain[CHAIN_MOST])
{
	const struct row *row = look(f, at.pc - base);
	int count = 0;

	while (row != NULL && row->base != UNKNOWN && count < CHAIN_MOST) {
		uint64_t frame = (row->base == BY_SP ? at.sp : at.bp) + (uint64_t)row->offset;

		if (row->bp_saved && !peek(pid, frame + (uint64_t)row->bp_offset, &at.bp))
			break;
		if (!peek(pid, frame - 8, &at.pc) || at.pc <= base)
			break;
		at.sp = frame;
		/* the call itself, not what follows it: that may be another line or function */
		if ((row = look(f, at.pc - base - 1)) != NULL)
			chain[count++] = at.pc - base - 1;
	}
	return count;
}
