/* contents.c - what a watched file holds. */
#include <sys/stat.h>

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "watcher/contents.h"
#include "watcher/digest.h"
#include "watcher/tree.h"

static uint64_t
shorten(uint64_t digest)
{
	const uint64_t mask = (UINT64_C(1) << TREE_DIGEST_BITS) - 1;

	digest = (digest ^ digest >> TREE_DIGEST_BITS) & mask;
	return digest > TREE_ABSENT ? digest : digest + TREE_ABSENT + 1;
}

static uint64_t
digest_link(const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));

	return digest_bytes(DIGEST_START, target, n > 0 ? (size_t)n : 0);
}

/* Without its ctime: that moves with the modes, too. */
static uint64_t
digest_looks(const struct stat *st)
{
	uint64_t digest = digest_bytes(DIGEST_START, &st->st_size, sizeof(st->st_size));

	digest = digest_bytes(digest, &st->st_mtim, sizeof(st->st_mtim));
	return digest_bytes(digest, &st->st_ino, sizeof(st->st_ino));
}

/* digest_file() does not follow links; this one names what they lead to. */
static int
digest_target(uint64_t *digest, const char *path)
{
	char *real = realpath(path, NULL);
	int result = real != NULL ? digest_file(digest, real) : -1;

	free(real);
	return result;
}

uint64_t
contents_digest(const char *path)
{
	uint64_t digest = DIGEST_START;
	struct stat st, target;

	if (lstat(path, &st) == -1)
		return TREE_ABSENT;
	target = st;
	if (S_ISLNK(st.st_mode) && (stat(path, &target) == -1 || !S_ISREG(target.st_mode)))
		return shorten(digest_link(path));
	if (target.st_size > CONTENTS_LARGEST || !S_ISREG(target.st_mode))
		return shorten(digest_looks(&target));
	if ((S_ISLNK(st.st_mode) ? digest_target : digest_file)(&digest, path) == -1)
		return shorten(digest_looks(&target));
	return shorten(digest);
}
