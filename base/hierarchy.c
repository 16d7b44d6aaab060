/* hierarchy.c - where a process stands among the cgroups. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hierarchy.h"
#include "base/text.h"

void
hierarchy_read(struct hierarchy *h, const char *mounts, const char *own)
{
	h->mounts = mounts;
	if (fd_read_text(AT_FDCWD, own, h->own, sizeof(h->own)) == -1)
		h->own[0] = '\0';
}

/* Is it one of "cpu,cpuacct"? Version 2 has the empty list, and the empty name. */
static bool
is_among(const char *names, const char *controller)
{
	size_t length;

	do {
		length = strcspn(names, ",");
		if (length == strlen(controller) && strncmp(names, controller, length) == 0)
			return true;
		names += length;
	} while (*names++ == ',');
	return false;
}

/* A tree is mounted by the name of the controller, or by all the names it has. */
static bool
find_mount(const struct hierarchy *h, const char *names, const char *controller, struct climb *c)
{
	c->mount[0] = '\0';
	if (text_append(c->mount, sizeof(c->mount), "%s%s%s", h->mounts, *controller ? "/" : "",
	    controller) == -1)
		return false;
	if (*controller == '\0' || access(c->mount, F_OK) == 0)
		return true;
	c->mount[0] = '\0';
	return text_append(c->mount, sizeof(c->mount), "%s/%s", h->mounts, names) == 0 &&
	    access(c->mount, F_OK) == 0;
}

bool
hierarchy_begin(const struct hierarchy *h, const char *controller, struct climb *c)
{
	char copy[HIERARCHY_TEXT], *line, *rest, *names, *where;

	c->path[0] = '\0';
	c->above = false;
	memcpy(copy, h->own, sizeof(copy));
	for (line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if ((names = strchr(line, ':')) == NULL || (where = strchr(++names, ':')) == NULL)
			continue;
		*where++ = '\0';
		if (!is_among(names, controller))
			continue;
		text_copy(c->path, sizeof(c->path), strcmp(where, "/") == 0 ? "" : where);
		return find_mount(h, names, controller, c);
	}
	return find_mount(h, controller, controller, c);
}

bool
hierarchy_next(struct climb *c, char *directory, size_t size)
{
	int length;
	char *up;

	if (c->above)
		return false;
	length = snprintf(directory, size, "%s%s", c->mount, c->path);
	if ((up = strrchr(c->path, '/')) == NULL)
		c->above = true;
	else
		*up = '\0';
	/* a name too long names nothing; those above it are shorter */
	return (size_t)length < size || hierarchy_next(c, directory, size);
}

int64_t
hierarchy_number(const char *directory, const char *name, int64_t *second)
{
	char path[PATH_MAX], text[128], *end;
	int64_t n;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path) ||
	    fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return -1;
	n = strtoll(text, &end, 10);
	if (end == text)
		return -1;
	if (second != NULL)
		*second = strtoll(end, NULL, 10);
	return n;
}

int64_t
hierarchy_field(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, word, length) == 0 && (text[length] == ' ' || text[length] == ':'))
			return strtoll(text + length + 1, NULL, 10);
		if (*text == '\0')
			break;
	}
	return 0;
}
