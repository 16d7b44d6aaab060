/*
 * changes.h - which paths changed since the last build, and did their contents?
 *
 * A build that writes the same again into what is watched must not start the next one. So the
 * contents of all that ever changed are remembered as digests, and compared after a build.
 */
#ifndef WATCHER_CHANGES_H
#define WATCHER_CHANGES_H

#include <stddef.h>

enum change { CHANGE_NEW, CHANGE_WRITTEN, CHANGE_GONE };

struct changes;

/* Ends the process when out of memory. The caller frees it. */
struct changes *changes_new(void);
void changes_free(struct changes *c);

void changes_add(struct changes *c, const char *path, enum change change);
size_t changes_count(const struct changes *c);

/* Strike what is as it was when last taken, or came and went since. Returns how many are left. */
size_t changes_judge(struct changes *c);

/*
 * For a build that begins: write the paths to a new file, one a line, escaped, remember their
 * contents, and start over with none. 0, or -1 with errno; it starts over then, too.
 */
int changes_take(struct changes *c, const char *file);

#endif
