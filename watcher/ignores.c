/* ignores.c - which paths are passed over. */
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "watcher/ignores.h"
#include "watcher/pattern.h"
#include "watcher/patterns.h"

enum { LARGEST = 1024 * 1024 };

static const char *const names[] = { ".gitignore", ".batonignore" };

enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* Patterns that were read, and the text that they point into. */
struct read {
	char *text;
	struct pattern *at;
	int count;
};

/* What a directory has of them. */
struct place {
	char *directory;
	struct read of[NAMES];
};

struct ignores {
	struct read own;
	int order[NAMES], count;	/* which names are read; a later one comes before */
	struct place *places;		/* by directory; those that have any */
	size_t place_count;
};

static void *
grown(void *at, size_t count, size_t size)
{
	if ((at = reallocarray(at, count, size)) == NULL)
		abort();
	return at;
}

static void
forget(struct read *r)
{
	free(r->text);
	free(r->at);
	*r = (struct read){ 0 };
}

static void
add(struct read *r, const char *from, const char *end)
{
	struct pattern p;

	if (!pattern_parse(&p, from, end))
		return;
	r->at = grown(r->at, (size_t)r->count + 1, sizeof(p));
	r->at[r->count++] = p;
}

/* --- the variable ----------------------------------------------------------------------------- */

static int
name_of(const char *from, size_t length)
{
	int i;

	for (i = 0; i < NAMES; i++)
		if (strlen(names[i]) == length && strncmp(names[i], from, length) == 0)
			return i;
	return -1;
}

/* The later it is named, the more it counts; named twice, once. */
static void
read_also(struct ignores *g, int name)
{
	int i, kept = 0;

	for (i = 0; i < g->count; i++)
		if (g->order[i] != name)
			g->order[kept++] = g->order[i];
	g->order[kept++] = name;
	g->count = kept;
}

struct ignores *
ignores_new(const char *list)
{
	struct ignores *g = calloc(1, sizeof(*g));
	const char *at, *from, *end;
	int name;

	if (g == NULL || (g->own.text = strdup(list != NULL ? list : "")) == NULL)
		abort();
	for (at = g->own.text; patterns_next(&at, &from, &end);)
		if ((name = name_of(from, (size_t)(end - from))) != -1)
			read_also(g, name);
		else
			add(&g->own, from, end);
	return g;
}

void
ignores_free(struct ignores *g)
{
	size_t i;
	int name;

	if (g == NULL)
		return;
	for (i = 0; i < g->place_count; i++) {
		for (name = 0; name < NAMES; name++)
			forget(&g->places[i].of[name]);
		free(g->places[i].directory);
	}
	free(g->places);
	forget(&g->own);
	free(g);
}

bool
ignores_names(const struct ignores *g, const char *name)
{
	int which = name_of(name, strlen(name)), i;

	for (i = 0; i < g->count; i++)
		if (g->order[i] == which)
			return true;
	return false;
}

/* --- files ------------------------------------------------------------------------------------ */

/* All of a file, the caller's to free; NULL when there is none that could be one. */
static char *
text_of(const char *directory, const char *name)
{
	char path[PATH_MAX], *text = NULL;
	struct stat st;
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s%s%s", directory, *directory != '\0' ? "/" : "", name) >=
	    (int)sizeof(path) ||
	    (fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) == -1)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > LARGEST)
		log_line(LOG_WARNING, "%s is larger than 1 MiB: not read", path);
	else if (S_ISREG(st.st_mode)) {
		text = grown(NULL, (size_t)st.st_size + 1, 1);
		n = read(fd, text, (size_t)st.st_size);
		text[n > 0 ? n : 0] = '\0';
	}
	fd_close(&fd);
	return text;
}

/* Line by line: as editors on other systems write them, too. */
static void
parse(struct read *r)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *line = r->text, *end;

	if (strncmp(line, mark, sizeof(mark) - 1) == 0)
		line += sizeof(mark) - 1;
	for (; *line != '\0'; line = end + (*end != '\0')) {
		end = line + strcspn(line, "\n");
		add(r, line, end > line && end[-1] == '\r' ? end - 1 : end);
	}
}

/* Where this directory is, or belongs. */
static size_t
find(const struct ignores *g, const char *directory, size_t length, bool *found)
{
	size_t from = 0, to = g->place_count, middle;
	int differs;

	*found = false;
	while (from < to && !*found) {
		middle = (from + to) / 2;
		differs = strncmp(g->places[middle].directory, directory, length);
		if (differs == 0)
			differs = g->places[middle].directory[length] != '\0';
		if (differs == 0)
			*found = true;
		if (differs < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return to;
}

static struct place *
insert(struct ignores *g, size_t at, const char *directory)
{
	struct place *p;

	g->places = grown(g->places, g->place_count + 1, sizeof(*p));
	p = &g->places[at];
	memmove(p + 1, p, (g->place_count++ - at) * sizeof(*p));
	*p = (struct place){ .directory = strdup(directory) };
	if (p->directory == NULL)
		abort();
	return p;
}

void
ignores_read(struct ignores *g, const char *directory)
{
	bool known;
	size_t at = find(g, directory, strlen(directory), &known);
	char *text;
	int i;

	for (i = 0; i < g->count; i++) {
		struct read *r;

		text = text_of(directory, names[g->order[i]]);
		if (text == NULL && !known)
			continue;
		r = &(known ? &g->places[at] : insert(g, at, directory))->of[g->order[i]];
		known = true;
		forget(r);
		if ((r->text = text) != NULL)
			parse(r);
	}
}

/* --- a path ----------------------------------------------------------------------------------- */

static enum patterns_answer
ask_place(const struct ignores *g, const struct place *p, const char *path, bool directory)
{
	enum patterns_answer answer = PATTERNS_SILENT;
	int i;

	for (i = g->count - 1; i >= 0 && answer == PATTERNS_SILENT; i--)
		answer = patterns_ask_read(p->of[g->order[i]].at, p->of[g->order[i]].count, path,
		    directory);
	return answer;
}

/* From the directory that it lies in upwards: the first that says anything decides. */
static enum patterns_answer
ask_files(const struct ignores *g, const char *path, bool directory)
{
	enum patterns_answer answer = PATTERNS_SILENT;
	size_t length = strlen(path), at;
	bool found;

	while (g->place_count > 0 && length > 0 && answer == PATTERNS_SILENT) {
		while (length > 0 && path[length - 1] != '/')
			length--;
		if (*path == '/' && length <= 1)
			break;
		/* "a/" is the directory "a"; what is left of "a" is "" */
		at = find(g, path, length > 0 ? length - 1 : 0, &found);
		if (found)
			answer = ask_place(g, &g->places[at], path + length, directory);
		length -= length > 0;
	}
	return answer;
}

bool
ignores_path(const struct ignores *g, const char *path, const char *top, bool directory)
{
	enum patterns_answer answer = patterns_ask_read(g->own.at, g->own.count, top, directory);

	if (answer == PATTERNS_SILENT)
		answer = ask_files(g, path, directory);
	if (answer == PATTERNS_SILENT)
		return patterns_ignored(NULL, top, directory);
	return answer == PATTERNS_IGNORED;
}
