/* marks.c - labels for stretches of the run. No system calls. */
#include "tests/load/marks.h"

#include <ctype.h>
#include <string.h>

static bool
valid(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
			return false;
	return c > name && c - name < MARK_SIZE;
}

static void
switch_to(struct marks *m, const char *name)
{
	int i;

	for (i = 0; i < m->count && strcmp(m->names[i], name) != 0; i++)
		;
	if (i == MARKS_MAX)
		return;
	if (i == m->count)
		strcpy(m->names[m->count++], name);
	m->current = i;
}

int
marks_begin(struct marks *m, const char *first)
{
	memset(m, 0, sizeof *m);
	if (!valid(first))
		return -1;
	switch_to(m, first);
	return 0;
}

static void
take_line(struct marks *m)
{
	m->line[m->line_size < MARK_SIZE ? m->line_size : 0] = '\0';
	m->line_size = 0;
	if (strcmp(m->line, "stop") == 0)
		m->stop = true;
	else if (valid(m->line))
		switch_to(m, m->line);
}

void
marks_feed(struct marks *m, const char *bytes, size_t count)
{
	for (; count > 0; bytes++, count--) {
		if (*bytes == '\n')
			take_line(m);
		else if (m->line_size < MARK_SIZE)
			m->line[m->line_size++] = *bytes;
	}
}

int
marks_settle(const struct marks *m, int began)
{
	return m->current ? m->current : began;
}
