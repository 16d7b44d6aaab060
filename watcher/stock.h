/*
 * stock.h - what one release has of assets: its own, and what it has borrowed, which N.assets lists.
 *
 * Links are never followed, so whatever a release holds, nothing is read or written outside of it.
 */
#ifndef WATCHER_STOCK_H
#define WATCHER_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "watcher/names.h"

struct stock {
	int32_t number;
	int root;		/* descriptor of its directory, -1: it can neither lend nor borrow */
	struct names own;	/* what it can lend */
	struct names listed;	/* what N.assets says, files and directories */
};

/* What became of one file. */
enum stock_taken { STOCK_THERE, STOCK_LINKED, STOCK_COPIED };

/* Look what a release has in the directories of a list as BATON_ASSETS has it. */
void stock_open(struct stock *s, const char *releases, const char *list, int32_t number);
void stock_close(struct stock *s);

/* N.assets as `listed` has it: whole, and on the disk before anything of it is done. 0 or -1 with errno. */
int stock_write(const char *releases, struct stock *s);

/* Is there anything of that name, its own or not? */
bool stock_has(const struct stock *s, const char *path);

/* Add a file to `listed`, and what would have to be made on the way to it. */
void stock_list(struct stock *s, const char *path);

/* Have a file that another one has, and that is listed. Returns enum stock_taken, or -1 with errno. */
int stock_take(const char *releases, struct stock *s, const struct stock *from, const char *path);

/*
 * Remove what is listed, a directory if it is empty. 1: a file is gone, 0: it was none, or is gone
 * already, -1 with errno: it is still there.
 */
int stock_drop(struct stock *s, const char *path);

#endif
