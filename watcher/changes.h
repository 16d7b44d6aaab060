/*
 * changes.h - which paths changed since the last build, and did their contents?
 *
 * A touch, a change of modes, the same saved again, a branch left and come back to: none of it is
 * to start a build, and neither is a build that writes the same again into what is watched. So a
 * path is compared with what the last build saw of it, as far as that is known.
 */
#ifndef WATCHER_CHANGES_H
#define WATCHER_CHANGES_H

#include <stddef.h>

struct tree;

enum change { CHANGE_NEW, CHANGE_WRITTEN, CHANGE_GONE };

struct changes;

/*
 * known, which is borrowed, has the digest of each file as the last build saw it, and is taught when
 * another one begins. Ends the process when out of memory. The caller frees it.
 */
struct changes *changes_new(struct tree *known);
void changes_free(struct changes *c);

/* Before `known` forgets the path, if it is gone. */
void changes_add(struct changes *c, const char *path, enum change change);
size_t changes_count(const struct changes *c);

/* Strike what is as the last build saw it, or came and went since. Returns how many are left. */
size_t changes_judge(struct changes *c);

/*
 * For a build that begins: write the paths to a new file, one a line, escaped, remember their
 * contents, and start over with none. 0, or -1 with errno; it starts over then, too.
 */
int changes_take(struct changes *c, const char *file);

#endif
