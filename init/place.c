/* place.c - where the control socket is. */
#include <sys/stat.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "init/place.h"

enum { BACKLOG = 64 };

static void
add_path(struct place *places, int *count, const char *directory, const char *file)
{
	struct place *p = &places[*count];

	memset(p, 0, sizeof(*p));
	p->address.sun_family = AF_UNIX;
	if ((size_t)snprintf(p->text, sizeof(p->text), "%s%s", directory, file) >=
	    sizeof(p->address.sun_path))
		return;
	text_copy(p->address.sun_path, sizeof(p->address.sun_path), p->text);
	p->length = sizeof(p->address);
	(*count)++;
}

/* A name nobody else has: abstract names are shared by all who share the network. */
static void
add_abstract(struct place *places, int *count)
{
	struct place *p = &places[*count];
	char namespace[64] = "";
	ssize_t n = readlink("/proc/self/ns/pid", namespace, sizeof(namespace) - 1);
	int length;

	namespace[n > 0 ? n : 0] = '\0';
	memset(p, 0, sizeof(*p));
	p->address.sun_family = AF_UNIX;
	length = snprintf(p->address.sun_path + 1, sizeof(p->address.sun_path) - 1,
	    "baton/%s/control", namespace);
	snprintf(p->text, sizeof(p->text), "@%s", p->address.sun_path + 1);
	p->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	(*count)++;
}

static void
parent_of(char *to, size_t size, const char *path)
{
	char *slash;

	text_copy(to, size, path);
	slash = strrchr(to, '/');
	if (slash != NULL)
		*slash = '\0';
	else
		text_copy(to, size, ".");
}

int
place_list(struct place places[PLACES], const char *configured,
    const char *releases)
{
	char mine[64], above[100];
	int count = 0;

	if (configured != NULL) {
		add_path(places, &count, configured, "");
		return count;
	}
	add_path(places, &count, "/run/baton", "/control.sock");
	snprintf(mine, sizeof(mine), "/tmp/baton-%u", (unsigned)geteuid());
	add_path(places, &count, mine, "/control.sock");
	if (releases != NULL) {
		parent_of(above, sizeof(above), releases);
		add_path(places, &count, above, "/control.sock");
	}
	add_abstract(places, &count);
	return count;
}

/* The directory of a socket file: made if it can be, ours, and not for others to enter. */
static void
make_directory(const char *path)
{
	char directory[120];

	parent_of(directory, sizeof(directory), path);
	mkdir(directory, 0700);
}

/* Is it the socket of somebody who is no more? Then its file only stands in the way. */
static void
remove_stale(const struct place *p)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return;
	if (connect(fd, (const struct sockaddr *)&p->address, p->length) == -1 &&
	    errno == ECONNREFUSED)
		unlink(p->address.sun_path);
	fd_close(&fd);
}

static int
listen_at(const struct place *p)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;

	if (fd == -1)
		return -1;
	if (p->address.sun_path[0] != '\0') {
		make_directory(p->address.sun_path);
		remove_stale(p);
	}
	mask = umask(0177);
	if (bind(fd, (const struct sockaddr *)&p->address, p->length) == -1 ||
	    listen(fd, BACKLOG) == -1)
		fd_close(&fd);
	umask(mask);
	return fd;
}

int
place_open(const char *configured, const char *releases, struct place *made)
{
	struct place places[PLACES];
	int count = place_list(places, configured, releases), i, fd;

	for (i = 0; i < count; i++) {
		if ((fd = listen_at(&places[i])) == -1)
			continue;
		*made = places[i];
		return fd;
	}
	log_line(LOG_WARNING, "cannot open a control socket, %s was the last place tried: %m; "
	    "`baton status` and the like will not reach this init", places[count - 1].text);
	return -1;
}
