/* assets.c - releases lend each other files. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "watcher/assets.h"
#include "watcher/stock.h"

struct union_of {
	const char *releases;
	struct stock *stocks;
	size_t count;
	struct names wanted;	/* of the release at hand: what it is to borrow */
	int linked, copied, removed, failed;
	int error;		/* of the first that failed */
};

int
assets_next(const char **list, char *path, size_t size, bool *all)
{
	const char *at = *list + strspn(*list, ":,"), *equals, *part;
	size_t length = strcspn(at, ":,"), used;

	*list = at + length;
	if (length == 0)
		return 0;
	equals = memchr(at, '=', length);
	*all = equals != NULL;
	if (equals != NULL && (size_t)(at + length - equals) != strlen("=all"))
		return -1;
	if (equals != NULL && strncmp(equals, "=all", strlen("=all")) != 0)
		return -1;
	if ((used = equals != NULL ? (size_t)(equals - at) : length) == 0 || used >= size || *at == '/')
		return -1;
	memcpy(path, at, used);
	path[used] = '\0';
	while (used > 1 && path[used - 1] == '/')
		path[--used] = '\0';
	for (part = path; *part != '\0'; part += length + (part[length] == '/')) {
		length = strcspn(part, "/");
		if (length == 2 && strncmp(part, "..", 2) == 0)
			return -1;
	}
	return 1;
}

static void
fail(struct union_of *u)
{
	if (u->failed++ == 0)
		u->error = errno;
}

/* What was cut off while it was written has a name of its own, which begins so. */
static void
tidy(const char *releases)
{
	DIR *directory = opendir(releases);
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (text_begins(entry->d_name, ".assets."))
			unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
}

/* The newest of the others that has it. */
static const struct stock *
lender(struct union_of *u, const struct stock *to, const char *path)
{
	size_t i;

	for (i = 0; i < u->count; i++)
		if (&u->stocks[i] != to && names_have(&u->stocks[i].own, path))
			return &u->stocks[i];
	return NULL;
}

static void
find_wanted(struct union_of *u, struct stock *s)
{
	size_t i, j;

	names_free(&u->wanted);
	for (i = 0; i < u->count; i++)
		for (j = 0; j < u->stocks[i].own.count; j++)
			if (&u->stocks[i] != s && !names_have(&s->own, u->stocks[i].own.at[j]))
				names_add(&u->wanted, u->stocks[i].own.at[j]);
	names_sort(&u->wanted);
}

static void
lend(struct union_of *u, const struct stock *from, struct stock *to, const char *path)
{
	int taken = stock_take(u->releases, to, from, path);

	if (taken == -1)
		fail(u);
	u->linked += taken == STOCK_LINKED;
	u->copied += taken == STOCK_COPIED;
}

static void
borrow(struct union_of *u, struct stock *s)
{
	struct names missing = { 0 };
	const struct stock *from;
	size_t i;

	for (i = 0; i < u->wanted.count; i++)
		if (!stock_has(s, u->wanted.at[i])) {
			names_add(&missing, u->wanted.at[i]);
			stock_list(s, u->wanted.at[i]);
		}
	if (missing.count > 0 && stock_write(u->releases, s) == -1)
		fail(u);
	else
		for (i = 0; i < missing.count; i++)
			if ((from = lender(u, s, missing.at[i])) != NULL)
				lend(u, from, s, missing.at[i]);
	names_free(&missing);
}

/* True if it need not be listed any more. */
static bool
give_back(struct union_of *u, struct stock *s, const char *path)
{
	bool is_directory = path[strlen(path) - 1] == '/';
	int gone;

	if (is_directory ? names_begin(&u->wanted, path) : names_have(&u->wanted, path))
		return false;
	gone = stock_drop(s, path);
	u->removed += gone == 1;
	if (gone == -1 && errno != ENOTEMPTY)
		fail(u);
	return gone != -1;
}

/* Backwards, so that what a directory holds goes before it does. */
static void
give_all_back(struct union_of *u, struct stock *s)
{
	struct names kept = { 0 };
	size_t i;

	names_sort(&s->listed);
	for (i = s->listed.count; i > 0; i--)
		if (!give_back(u, s, s->listed.at[i - 1]))
			names_add(&kept, s->listed.at[i - 1]);
	if (kept.count < s->listed.count) {
		names_free(&s->listed);
		s->listed = kept;
		if (stock_write(u->releases, s) == -1)
			fail(u);
	} else {
		names_free(&kept);
	}
}

static void
report(const struct union_of *u)
{
	if (u->failed > 0)
		log_line(LOG_WARNING, "%d files of BATON_ASSETS could not be lent or given back in "
		    "%s: %s; each release has its own", u->failed, u->releases, strerror(u->error));
	else if (u->linked + u->copied + u->removed > 0)
		log_line(LOG_INFO, "assets of %zu releases: %d linked, %d copied, %d given back",
		    u->count, u->linked, u->copied, u->removed);
}

int
assets_unite(const char *releases, const char *list, const int32_t *staying)
{
	struct union_of u = { .releases = releases };
	size_t i;

	tidy(releases);
	while (staying[u.count] != 0)
		u.count++;
	if ((u.stocks = calloc(u.count + 1, sizeof(*u.stocks))) == NULL)
		abort();
	for (i = 0; i < u.count; i++)
		stock_open(&u.stocks[i], releases, list, staying[i]);
	for (i = 0; i < u.count; i++) {
		if (u.stocks[i].root == -1)
			continue;
		find_wanted(&u, &u.stocks[i]);
		borrow(&u, &u.stocks[i]);
		give_all_back(&u, &u.stocks[i]);
	}
	report(&u);
	for (i = 0; i < u.count; i++)
		stock_close(&u.stocks[i]);
	names_free(&u.wanted);
	free(u.stocks);
	return u.failed > 0 ? -1 : 0;
}
