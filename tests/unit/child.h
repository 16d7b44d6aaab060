/*
 * child.h - what a test tries in a child of its own: what is given up there is given up for good.
 */
#ifndef TESTS_UNIT_CHILD_H
#define TESTS_UNIT_CHILD_H

enum { CHILD_CANNOT = 255 };

/* Run it in a child: 0, or the line that went wrong. Skips the test when it returns CHILD_CANNOT. */
int child_run(int (*what)(void));

/* In such a child: tell the line, as far as an exit code can. */
#define MUST(condition)                       \
	do {                                  \
		if (!(condition))             \
			return 1 + __LINE__ % 250; \
	} while (0)

#endif
