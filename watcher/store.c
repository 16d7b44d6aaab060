/* store.c - releases on disk. */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "watcher/files.h"
#include "watcher/store.h"

enum { RECORD_BYTES = 1024, RECORDS_PER_RELEASE = 4 };

/* What a name in the directory says: "7", ".7", ".7.tmp", "7.info". */
struct name {
	int32_t number;		/* 0: none of ours */
	bool unfinished;	/* a dot in front */
	const char *after;	/* from behind the number on */
};

int
store_path(char *to, size_t size, const char *releases, int32_t number)
{
	return store_file(to, size, releases, "", number, "");
}

int
store_file(char *to, size_t size, const char *releases, const char *before, int32_t number,
    const char *after)
{
	int n = snprintf(to, size, "%s/%s%" PRId32 "%s", releases, before, number, after);

	if (n >= 0 && (size_t)n < size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static struct name
parse(const char *text)
{
	struct name name = { .unfinished = *text == '.' };
	char digits[12];
	int64_t number;
	size_t length;

	text += name.unfinished;
	length = strspn(text, "0123456789");
	if (length == 0 || length >= sizeof(digits) || *text == '0')
		return name;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (text_number(digits, 1, INT32_MAX, &number) == -1)
		return name;
	name.number = (int32_t)number;
	name.after = text + length;
	return name;
}

static bool
is_release(const struct name *n)
{
	return n->number != 0 && !n->unfinished && *n->after == '\0';
}

typedef void visit(void *with, const struct name *name, const char *text);

static int
each(const char *releases, visit *visitor, void *with)
{
	DIR *directory = opendir(releases);
	struct dirent *entry;
	struct name name;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL) {
		name = parse(entry->d_name);
		if (name.number != 0)
			visitor(with, &name, entry->d_name);
	}
	closedir(directory);
	return 0;
}

/* A list of numbers that grows. */
struct numbers {
	int32_t *at;
	size_t count;
	bool releases_only;
};

static void
collect(void *with, const struct name *name, const char *text)
{
	struct numbers *n = with;

	(void)text;
	if (name->unfinished || (n->releases_only && !is_release(name)))
		return;
	if ((n->at = reallocarray(n->at, n->count + 1, sizeof(*n->at))) == NULL)
		abort();
	n->at[n->count++] = name->number;
}

static int
falling(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Newest first, each once. The caller frees at. */
static struct numbers
numbers_of(const char *releases, bool releases_only)
{
	struct numbers n = { .releases_only = releases_only };
	size_t i, kept = 0;

	if (each(releases, collect, &n) == -1 || n.count == 0)
		return n;
	qsort(n.at, n.count, sizeof(*n.at), falling);
	for (i = 0; i < n.count; i++)
		if (kept == 0 || n.at[kept - 1] != n.at[i])
			n.at[kept++] = n.at[i];
	n.count = kept;
	return n;
}

static void
drop_unfinished(void *with, const struct name *name, const char *text)
{
	char path[PATH_MAX];

	if (name->unfinished && snprintf(path, sizeof(path), "%s/%s", (const char *)with, text) <
	    (int)sizeof(path))
		files_remove(path);
}

static bool
exists(const char *releases, const char *before, int32_t number)
{
	char path[PATH_MAX];

	return store_file(path, sizeof(path), releases, before, number, "") == 0 &&
	    access(path, F_OK) == 0;
}

/* A build that was never heard of again, or that had all but its name. */
static bool
was_cut_off(const char *releases, const struct record *r)
{
	if (exists(releases, "", r->number))
		return false;
	if (r->result == RECORD_UNKNOWN)
		return true;
	return (r->result == RECORD_BUILT || r->result == RECORD_IMPORTED) &&
	    exists(releases, ".", r->number);
}

static void
note_cut_off(void *with, const struct name *name, const char *text)
{
	const char *releases = with;
	struct record record;

	(void)text;
	if (name->unfinished || strcmp(name->after, ".info") != 0 ||
	    store_read(releases, name->number, &record) == -1 || !was_cut_off(releases, &record))
		return;
	record.result = RECORD_FAILED;
	text_copy(record.why, sizeof(record.why), "it was cut off");
	store_write(releases, &record);
}

int
store_prepare(const char *releases)
{
	if (files_make_directory(releases) == -1 ||
	    each(releases, note_cut_off, (void *)releases) == -1)
		return -1;
	return each(releases, drop_unfinished, (void *)releases);
}

int32_t
store_next(const char *releases)
{
	struct numbers n = numbers_of(releases, false);
	int32_t next = n.count > 0 ? n.at[0] + 1 : 1;

	free(n.at);
	return next;
}

int32_t
store_newest(const char *releases)
{
	struct numbers n = numbers_of(releases, true);
	int32_t newest = n.count > 0 ? n.at[0] : 0;

	free(n.at);
	return newest;
}

int
store_read(const char *releases, int32_t number, struct record *record)
{
	char path[PATH_MAX], text[RECORD_BYTES];
	struct record read = { .number = number };
	struct stat st;

	if (store_file(path, sizeof(path), releases, "", number, ".info") == -1 ||
	    fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1)
		return -1;
	record_parse(&read, text);
	read.present = store_path(path, sizeof(path), releases, number) == 0 &&
	    stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	*record = read;
	return 0;
}

static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), result;

	if (fd == -1)
		return -1;
	result = fd_write_all(fd, text, strlen(text));
	/* a name that outlives a power cut is of no use without what it names */
	if (result == 0)
		result = fsync(fd);
	fd_close(&fd);
	return result;
}

int
store_write(const char *releases, const struct record *record)
{
	char path[PATH_MAX], temporary[PATH_MAX], text[RECORD_BYTES];
	int why;

	if (record_print(record, text, sizeof(text)) == -1 ||
	    store_file(path, sizeof(path), releases, "", record->number, ".info") == -1 ||
	    store_file(temporary, sizeof(temporary), releases, ".", record->number, ".info") == -1)
		return -1;
	if (write_file(temporary, text) == 0 && rename(temporary, path) == 0)
		return files_sync_directory(releases);
	why = errno;
	unlink(temporary);
	errno = why;
	return -1;
}

/* One syncfs(2) is quicker than an fsync(2) for each of thousands of files. */
static int
sync_all(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	if (fd == -1)
		return -1;
	result = syncfs(fd);
	fd_close(&fd);
	return result;
}

int
store_seal(const char *releases, const struct record *record)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (store_file(from, sizeof(from), releases, ".", record->number, "") == -1 ||
	    store_path(to, sizeof(to), releases, record->number) == -1)
		return -1;
	if (store_write(releases, record) == -1 || sync_all(from) == -1 || rename(from, to) == -1)
		return -1;
	return files_sync_directory(releases);
}

struct drop {
	const char *releases;
	int32_t number;
};

static void
drop_one(void *with, const struct name *name, const char *text)
{
	const struct drop *d = with;

	if (d->number == 0 || name->number == d->number)
		drop_unfinished((void *)d->releases, name, text);
}

void
store_drop(const char *releases, int32_t number)
{
	struct drop d = { releases, number };

	each(releases, drop_one, &d);
}

/*
 * Under its own name a release is whole, so it loses the name first and is removed then: what a
 * crash leaves of it is taken for a cut-off build.
 */
static void
remove_release(const char *releases, int32_t number)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (store_path(from, sizeof(from), releases, number) == -1 ||
	    store_file(to, sizeof(to), releases, ".", number, ".gone") == -1)
		return;
	if (rename(from, to) == 0)
		files_remove(to);
	if (store_file(from, sizeof(from), releases, "", number, ".assets") == 0)
		unlink(from);
}

static void
remove_record(const char *releases, int32_t number)
{
	char path[PATH_MAX];

	static const char *const all[] = { ".info", ".log", ".assets", ".calls" };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (store_file(path, sizeof(path), releases, "", number, all[i]) == 0)
			unlink(path);
}

static bool
is_named(const char *in_use, int32_t number)
{
	char *end;
	long n;

	for (; (n = strtol(in_use, &end, 10)) > 0 && end != in_use; in_use = end)
		if (n == number)
			return true;
	return false;
}

void
store_prune(const char *releases, int keep, int32_t live, const char *in_use)
{
	struct numbers whole = numbers_of(releases, true), all;
	size_t i, kept = (size_t)keep;

	for (i = kept; i < whole.count; i++)
		if (whole.at[i] != live && !is_named(in_use, whole.at[i]))
			remove_release(releases, whole.at[i]);
	free(whole.at);
	all = numbers_of(releases, false);
	whole = numbers_of(releases, true);
	for (i = kept * RECORDS_PER_RELEASE; i < all.count; i++)
		if (bsearch(&all.at[i], whole.at, whole.count, sizeof(*whole.at), falling) == NULL)
			remove_record(releases, all.at[i]);
	free(whole.at);
	free(all.at);
}

int
store_list(const char *releases, int32_t live, struct record *records, int most)
{
	struct numbers n = numbers_of(releases, false);
	char path[PATH_MAX];
	int count = 0;
	size_t i;

	for (i = 0; i < n.count && count < most; i++, count++) {
		if (store_read(releases, n.at[i], &records[count]) == -1) {
			records[count] = (struct record){ .number = n.at[i] };
			records[count].present = store_path(path, sizeof(path), releases, n.at[i]) == 0 &&
			    access(path, F_OK) == 0;
		}
		records[count].live = n.at[i] == live;
	}
	free(n.at);
	return count;
}

int32_t *
store_staying(const char *releases, int keep, const char *in_use)
{
	struct numbers n = numbers_of(releases, true);
	size_t i, count = 0;

	for (i = 0; i < n.count; i++)
		if (i < (size_t)keep || is_named(in_use, n.at[i]))
			n.at[count++] = n.at[i];
	if (n.at != NULL && (n.at = reallocarray(n.at, count + 1, sizeof(*n.at))) != NULL)
		n.at[count] = 0;
	return n.at;
}

const char *
store_shortage(const char *releases)
{
	struct statvfs fs;

	if (statvfs(releases, &fs) == -1)
		return NULL;
	if (fs.f_blocks > 0 && fs.f_bavail == 0)
		return "space";
	return fs.f_files > 0 && fs.f_favail == 0 ? "inodes" : NULL;
}
