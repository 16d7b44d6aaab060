/*
 * ignores.h - which paths are passed over: what BATON_WATCH_IGNORE says, and what the files say that
 * it names (.gitignore, .batonignore), each for its directory and all below it.
 *
 * As with git: the last pattern of a file that matches decides, a deeper file before a higher one.
 * What stands in the variable itself comes before all files; of two files in one directory, the one
 * that is named later. .git and node_modules are ignored where nobody says otherwise.
 */
#ifndef WATCHER_IGNORES_H
#define WATCHER_IGNORES_H

#include <stdbool.h>

struct ignores;

/* list: BATON_WATCH_IGNORE, or NULL; it is not kept. Ends the process when out of memory. */
struct ignores *ignores_new(const char *list);
void ignores_free(struct ignores *g);

/* Is this the name of a file that is to be read? */
bool ignores_names(const struct ignores *g, const char *name);

/*
 * Read what a directory has of them, instead of what it had: before anything in it is asked for. ""
 * is the working directory. A link is not followed, and what cannot be read says nothing.
 */
void ignores_read(struct ignores *g, const char *directory);

/*
 * Is this path passed over? top: the same path below its root, for the patterns of the variable.
 * What is below a directory that is passed over need not be asked for.
 */
bool ignores_path(const struct ignores *g, const char *path, const char *top, bool directory);

#endif
