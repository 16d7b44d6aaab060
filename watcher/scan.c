/* scan.c - look at the watched trees. */
#include <sys/stat.h>
#include <sys/vfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "watcher/patterns.h"
#include "watcher/scan.h"

enum { MOST_DEPTH = 200 };

static void
tell(struct scan *s, const char *path, enum change change)
{
	if (s->looked)
		s->report(s->with, path, change);
}

static void
tell_gone(void *with, const char *path)
{
	tell(with, path, CHANGE_GONE);
}

static void
go_blind(struct scan *s, const char *why)
{
	if (s->blind)
		return;
	s->blind = true;
	log_line(LOG_WARNING, "%s: all files are looked at again and again instead", why);
}

/* The time in nanoseconds. */
static int64_t
ns(const struct timespec *t)
{
	return t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
}

/* A link counts by itself and by what it points at: one that is swapped has changed. */
static void
stamp(struct stamp *stamp, int directory, const char *name, const struct stat *st)
{
	struct stat target;
	const struct stat *of = st;

	if (S_ISLNK(st->st_mode) && fstatat(directory, name, &target, 0) == 0)
		of = &target;
	stamp->kind = st->st_mode & S_IFMT;
	stamp->inode = of->st_ino + (of != st ? st->st_ino << 32 : 0);
	stamp->size = of->st_size;
	stamp->mtime_ns = ns(&of->st_mtim);
	stamp->ctime_ns = ns(&of->st_ctim);
}

/* What patterns are matched against: below the root for one that is absolute. */
static const char *
for_patterns(const struct scan *s, const char *path)
{
	int i;

	if (*path != '/')
		return path;
	for (i = 0; i < s->root_count; i++) {
		size_t length = strlen(s->roots[i].path);

		if (tree_below(path, s->roots[i].path) && path[length] == '/')
			return path + length + 1;
	}
	return path + 1;
}

static bool
ours(const struct scan *s, const char *path)
{
	return strcmp(path, s->releases) == 0 ||
	    (*s->live != '\0' &&
	    (strcmp(path, s->live) == 0 || strcmp(path, s->live_temporary) == 0));
}

bool
scan_passes_over(const struct scan *s, const char *path, const char *name, mode_t mode)
{
	bool directory = S_ISDIR(mode);

	if (ours(s, path) || patterns_ignored(s->ignore, for_patterns(s, path), directory))
		return true;
	if (directory)
		return false;
	return !(S_ISREG(mode) || S_ISLNK(mode)) || !patterns_wanted(s->extensions, name);
}

static void
note(struct scan *s, const char *path, int directory, const char *name, const struct stat *st)
{
	struct stamp now;

	stamp(&now, directory, name, st);
	switch (tree_note(s->tree, path, &now)) {
	case TREE_SAME:
		break;
	case TREE_NEW:
		tell(s, path, CHANGE_NEW);
		break;
	case TREE_CHANGED:
		tell(s, path, CHANGE_WRITTEN);
		break;
	}
}

/* Names of directories to be entered once the one above is closed: one descriptor is enough. */
struct names {
	char **at;
	size_t count;
};

static void
keep_name(struct names *n, const char *name)
{
	if ((n->at = reallocarray(n->at, n->count + 1, sizeof(*n->at))) == NULL ||
	    (n->at[n->count++] = strdup(name)) == NULL)
		abort();
}

int
scan_join(char *to, size_t size, const char *path, const char *name)
{
	int n = snprintf(to, size, "%s%s%s", path, *path != '\0' && strcmp(path, "/") != 0 ?
	    "/" : "", name);

	return n >= 0 && (size_t)n < size ? 0 : -1;
}

static void
read_directory(struct scan *s, const char *path, DIR *directory, struct names *below)
{
	struct dirent *entry;
	char child[PATH_MAX];
	struct stat st;

	while ((entry = readdir(directory)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    scan_join(child, sizeof(child), path, name) == -1 ||
		    fstatat(dirfd(directory), name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    scan_passes_over(s, child, name, st.st_mode))
			continue;
		if (S_ISDIR(st.st_mode))
			keep_name(below, name);
		else
			note(s, child, dirfd(directory), name, &st);
	}
}

static void
watch(struct scan *s, const char *path)
{
	if (s->marks == NULL || marks_add(s->marks, path) == 0)
		return;
	if (errno == ENOSPC)
		go_blind(s, "no inotify watches are left (fs.inotify.max_user_watches)");
	else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
		go_blind(s, "inotify does not work here");
}

/* The watch first, then the look: what appears in between is told twice rather than not at all. */
static void
enter(struct scan *s, const char *path, int depth)
{
	struct names below = { NULL, 0 };
	char child[PATH_MAX];
	DIR *directory;
	size_t i;

	if (depth > MOST_DEPTH)
		return;
	watch(s, path);
	if ((directory = opendir(*path != '\0' ? path : ".")) == NULL)
		return;
	read_directory(s, path, directory, &below);
	closedir(directory);
	for (i = 0; i < below.count; i++) {
		if (scan_join(child, sizeof(child), path, below.at[i]) == 0)
			enter(s, child, depth + 1);
		free(below.at[i]);
	}
	free(below.at);
}

void
scan_enter(struct scan *s, const char *path)
{
	enter(s, path, 0);
}

void
scan_leave(struct scan *s, const char *path)
{
	if (s->marks != NULL)
		marks_forget(s->marks, path);
	tree_forget(s->tree, path, tell_gone, s);
}

void
scan_look(struct scan *s, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (tree_drop(s->tree, path))
			tell(s, path, CHANGE_GONE);
		return;
	}
	if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		note(s, path, AT_FDCWD, path, &st);
	/* other links may lead through this one */
	if (S_ISLNK(st.st_mode))
		s->doubt = true;
}

static bool
is_silent(const char *path)
{
	static const unsigned silent[] = {
		0x6969,		/* NFS */
		0xff534d42,	/* CIFS */
		0xfe534d42,	/* SMB2 */
		0x01021997,	/* 9p */
		0x65735546,	/* FUSE, virtiofs */
		0x786f4256	/* vboxsf */
	};
	struct statfs fs;
	size_t i;

	if (statfs(*path != '\0' ? path : ".", &fs) == -1)
		return false;
	for (i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if ((unsigned)fs.f_type == silent[i])
			return true;
	return false;
}

static void
look_at_root(struct scan *s, struct root *root)
{
	char why[PATH_MAX + 64];

	root_resolve(root, s->marks);
	switch (root->kind) {
	case ROOT_MISSING:
		return;
	case ROOT_FILE:
		scan_look(s, root->path);
		break;
	case ROOT_DIRECTORY:
		enter(s, root->path, 0);
		break;
	}
	if (!s->blind && is_silent(root->path)) {
		snprintf(why, sizeof(why), "%s is on a file system that does not tell of changes",
		    *root->path != '\0' ? root->path : ".");
		go_blind(s, why);
	}
}

void
scan_all(struct scan *s)
{
	int i;

	tree_turn(s->tree);
	for (i = 0; i < s->root_count; i++)
		look_at_root(s, &s->roots[i]);
	if (s->marks != NULL)
		marks_settle_parts(s->marks);
	tree_sweep(s->tree, "", tell_gone, s);
	/* a doubt that this look itself has raised (a link) is settled by it */
	s->doubt = false;
	s->looked = true;
}

static void
add_roots(struct scan *s, const char *list)
{
	char *copy, *rest, *word;

	if (list == NULL)
		return;
	if ((copy = rest = strdup(list)) == NULL)
		abort();
	while ((word = strsep(&rest, ":")) != NULL) {
		if (*word == '\0')
			continue;
		s->roots = reallocarray(s->roots, (size_t)s->root_count + 1, sizeof(*s->roots));
		if (s->roots == NULL)
			abort();
		memset(&s->roots[s->root_count], 0, sizeof(*s->roots));
		if (root_normalize(s->roots[s->root_count].path, PATH_MAX, word) == -1)
			log_line(LOG_WARNING, "cannot watch %.100s...: too long", word);
		else
			s->root_count++;
	}
	free(copy);
}

void
scan_init(struct scan *s, const struct watch_config *config, scan_report *report, void *with)
{
	*s = (struct scan){ .report = report, .with = with, .tree = tree_new() };
	if (s->tree == NULL)
		abort();
	s->extensions = config->extensions;
	s->ignore = config->ignore;
	root_normalize(s->releases, sizeof(s->releases), config->releases);
	if (config->live != NULL) {
		root_normalize(s->live, sizeof(s->live), config->live);
		text_copy(s->live_temporary, sizeof(s->live_temporary), s->live);
		text_append(s->live_temporary, sizeof(s->live_temporary), ".baton");
	}
	add_roots(s, config->roots);
	if (s->root_count > 0 && (s->marks = marks_open()) == NULL)
		go_blind(s, "inotify cannot be had");
}

void
scan_free(struct scan *s)
{
	tree_free(s->tree);
	marks_close(s->marks);
	free(s->roots);
}
