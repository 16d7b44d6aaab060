/* walk.c - read directories, stamp files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "watcher/contents.h"
#include "watcher/ignores.h"
#include "watcher/leads.h"
#include "watcher/patterns.h"
#include "watcher/scan.h"
#include "watcher/silence.h"
#include "watcher/walk.h"

enum { MOST_DEPTH = 200, MOST_FILE_MARKS = 4096 };

/*
 * A file's times move in steps of the kernel's clock, 10 ms at most: a second change within one step
 * cannot be told from the first.
 */
#define STEP_NS INT64_C(20000000)

/* So long after a change inotify has told of it, if it ever does. */
#define TOLD_NS INT64_C(1000000000)

void
walk_tell(struct scan *s, const char *path, enum change change)
{
	if (s->looked)
		s->report(s->with, path, change);
}

void
walk_tell_gone(void *scan, const char *path)
{
	walk_tell(scan, path, CHANGE_GONE);
}

static int64_t
ns(const struct timespec *t)
{
	return t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
}

/* A link counts by itself and by what it points at: one that is swapped has changed. */
void
walk_stamp(struct stamp *stamp, int directory, const char *name, const struct stat *st)
{
	const struct stat *of = st;
	struct timespec now;
	struct stat target;

	if (S_ISLNK(st->st_mode) && fstatat(directory, name, &target, 0) == 0)
		of = &target;
	clock_gettime(CLOCK_REALTIME, &now);
	*stamp = (struct stamp){
		.kind = st->st_mode & S_IFMT,
		.inode = of->st_ino + (of != st ? st->st_ino << 32 : 0),
		.size = of->st_size,
		.mtime_ns = ns(&of->st_mtim),
		.ctime_ns = ns(&of->st_ctim),
		.fresh = ns(&now) - ns(&of->st_ctim) < STEP_NS,
	};
}

/* What patterns are matched against: below the root for one that is absolute. */
static const char *
for_patterns(const struct scan *s, const char *path)
{
	int i;

	if (*path != '/')
		return path;
	for (i = 0; i < s->root_count; i++) {
		size_t length = strlen(s->roots[i]->path);

		if (tree_below(path, s->roots[i]->path) && path[length] == '/')
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
walk_passes_over(const struct scan *s, const char *path, const char *name, mode_t mode)
{
	bool directory = S_ISDIR(mode);

	if (ours(s, path) || ignores_path(s->ignores, path, for_patterns(s, path), directory))
		return true;
	if (directory)
		return false;
	return !(S_ISREG(mode) || S_ISLNK(mode)) || !patterns_wanted(s->extensions, name);
}

static bool
is_link_to_directory(int directory, const char *name, const struct stat *st)
{
	struct stat target;

	return S_ISLNK(st->st_mode) && fstatat(directory, name, &target, 0) == 0 &&
	    S_ISDIR(target.st_mode);
}

bool
walk_leads_on(const struct scan *s, const char *path, const char *name)
{
	struct stat st;

	if (leads_known(s, path))
		return true;
	return lstat(path, &st) == 0 && is_link_to_directory(AT_FDCWD, path, &st) &&
	    !walk_passes_over(s, path, name, S_IFDIR);
}

/* It can be written to by another name, of which its directory's watch does not tell. */
static void
watch_file(struct scan *s, const char *path)
{
	if (s->marks == NULL)
		return;
	if (marks_count(s->marks, MARK_FILE) < MOST_FILE_MARKS) {
		if (marks_add_file(s->marks, path) == -1 && errno == ENOSPC)
			s->unwatched++;
		return;
	}
	if (!s->said_file_marks)
		log_line(LOG_WARNING, "more than %d files have hard links: what is written by another name "
		    "to %s and others is found later, when all is looked through", MOST_FILE_MARKS, path);
	s->said_file_marks = true;
}

/*
 * Found by looking, though it changed long enough ago: inotify did not tell. Of a hard link that is
 * made elsewhere it need not, and that moves the ctime alone.
 */
static void
suspect(struct scan *s, const char *path, const struct stat *st)
{
	int64_t changed = ns(&st->st_mtim);
	char why[PATH_MAX + 64];

	if (!s->by_clock || s->unwatched > 0 || s->mode != WATCH_MODE_AUTO || s->at == NULL ||
	    !S_ISREG(st->st_mode) || st->st_nlink > 1 ||
	    changed < s->before_ns || ns(&st->st_ctim) > s->began_ns - TOLD_NS)
		return;
	snprintf(why, sizeof(why), "has a file that changed and inotify did not tell, %s", path);
	scan_is_silent(s, s->at, why);
}

static void
note(struct scan *s, const char *path, int directory, const char *name, const struct stat *st,
    bool written)
{
	struct stamp now;

	walk_stamp(&now, directory, name, st);
	switch (tree_note(s->tree, path, &now)) {
	case TREE_SAME:
		if (written)
			walk_tell(s, path, CHANGE_WRITTEN);
		break;
	case TREE_NEW:
		suspect(s, path, st);
		walk_tell(s, path, CHANGE_NEW);
		/* the next look cannot tell whether it changed since, its contents can */
		if (!s->looked && now.fresh)
			tree_learn(s->tree, path, contents_digest(path));
		break;
	case TREE_CHANGED:
		suspect(s, path, st);
		walk_tell(s, path, CHANGE_WRITTEN);
		break;
	case TREE_UNSURE:
		walk_tell(s, path, CHANGE_WRITTEN);
		break;
	}
	if (S_ISREG(st->st_mode) && st->st_nlink > 1)
		watch_file(s, path);
	if (S_ISLNK(st->st_mode))
		leads_found(s, path);
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
walk_join(char *to, size_t size, const char *path, const char *name)
{
	size_t length = strlen(path), more = strlen(name);
	bool slash = length > 0 && path[length - 1] != '/';

	if (length + slash + more >= size)
		return -1;
	*(char *)mempcpy(to, path, length) = '/';
	memcpy(to + length + slash, name, more + 1);
	return 0;
}

/* Another file system begins here, and may be one of those that do not tell. */
static void
cross(struct scan *s, const char *path, dev_t device)
{
	const char *why;

	if (s->at == NULL || s->device == device || s->at->silent || s->mode != WATCH_MODE_AUTO)
		return;
	s->device = device;
	if ((why = silence_of(path)) != NULL)
		scan_is_silent(s, s->at, why);
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
		    walk_join(child, sizeof(child), path, name) == -1 ||
		    fstatat(dirfd(directory), name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (walk_passes_over(s, child, name, st.st_mode)) {
			if (is_link_to_directory(dirfd(directory), name, &st) &&
			    !walk_passes_over(s, child, name, S_IFDIR))
				leads_found(s, child);
			continue;
		}
		if (!S_ISDIR(st.st_mode)) {
			note(s, child, dirfd(directory), name, &st, false);
			continue;
		}
		cross(s, child, st.st_dev);
		keep_name(below, name);
	}
}

static void
watch(struct scan *s, const char *path)
{
	struct root *root;

	if (s->marks == NULL || marks_add(s->marks, path) == 0)
		return;
	if (errno == ENOSPC)
		s->unwatched++;
	else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES &&
	    (root = scan_root_of(s, path)) != NULL)
		scan_is_silent(s, root, "is where inotify does not work");
}

/* The fence, or its modes. */
static void
refused(struct scan *s, const char *path)
{
	struct root *root = scan_root_of(s, path);

	if (errno != EACCES || root == NULL || root->refused)
		return;
	root->refused = true;
	log_line(LOG_WARNING, "cannot look into %s: %s; what changes in it is not seen%s", path,
	    strerror(errno), root->link ? " (it leads to where BATON_SANDBOX_READ would have to allow it)" : "");
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
	ignores_read(s->ignores, path);
	if ((directory = opendir(*path != '\0' ? path : ".")) == NULL) {
		refused(s, path);
		return;
	}
	read_directory(s, path, directory, &below);
	closedir(directory);
	for (i = 0; i < below.count; i++) {
		if (walk_join(child, sizeof(child), path, below.at[i]) == 0)
			enter(s, child, depth + 1);
		free(below.at[i]);
	}
	free(below.at);
}

void
walk_enter(struct scan *s, const char *path)
{
	enter(s, path, 0);
}

void
walk_leave(struct scan *s, const char *path)
{
	if (s->marks != NULL)
		marks_forget(s->marks, path);
	tree_forget(s->tree, path, walk_tell_gone, s);
}

void
walk_look(struct scan *s, const char *path, bool written)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (leads_known(s, path))
			s->doubt = true;
		if (!tree_has(s->tree, path))
			return;
		walk_tell(s, path, CHANGE_GONE);
		tree_drop(s->tree, path);
		return;
	}
	if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		note(s, path, AT_FDCWD, path, &st, written);
	/* other links may lead through this one */
	if (S_ISLNK(st.st_mode))
		s->doubt = true;
}
