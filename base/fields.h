/*
 * fields.h - the fields of files like passwd(5), one after the other.
 *
 * No line is too long, as none is held; nothing allocates or blocks.
 */
#ifndef BASE_FIELDS_H
#define BASE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

struct fields {
	int fd;
	int stopped_at;		/* what ended the field before: a byte, or the end of the file */
	size_t at, length;
	char bytes[4096];
};

/*
 * Returns 0, or -1 with errno and f as an empty file: EINVAL for what is no regular file. f is to
 * be closed in either case.
 */
int fields_open(struct fields *f, const char *path);
void fields_close(struct fields *f);

/* Go to the begin of the next line. False when there is none. */
bool fields_line(struct fields *f);

/* Was the field before the last one of its line? */
bool fields_over(const struct fields *f);

/*
 * The next field of the line, up to a separator or the line's end (LF, CRLF, the file's end). One
 * that does not fit or holds a NUL is "", and so is one that is not there.
 */
void fields_next(struct fields *f, char separator, char *to, size_t size);
void fields_skip(struct fields *f, char separator);

#endif
