/* The path of a UNIX listener: whose it is, how it goes from slot to slot, and what is left. */
#include <criterion/criterion.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handoff/listener.h"
#include "handoff/unix.h"
#include "handoff/unixdiag.h"

static const struct unix_rights as_made = { -1, -1, -1 };
static char place[] = "/tmp/baton-unix.XXXXXX";
static struct address a;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(place));
	a.family = AF_UNIX;
	snprintf(a.path, sizeof(a.path), "%s/app.sock", place);
}

static void
end(void)
{
	unix_remove(&a, 4);
	unlink(a.path);
	cr_assert_eq(rmdir(place), 0, "something is left");
}

static ino_t
inode(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_ino : 0;
}

static ino_t
slot_inode(int index)
{
	struct address slot;

	unix_slot(&slot, &a, index);
	return inode(slot.path);
}

static int
make(int index)
{
	int fd = unix_bind(&a, index);

	cr_assert_neq(fd, -1);
	cr_assert_eq(listen(fd, 4), 0);
	return fd;
}

Test(unix_path, goes_to_and_fro, .init = begin, .fini = end)
{
	int i;

	make(0);
	make(1);
	cr_assert_eq(inode(a.path), 0);
	cr_assert_eq(unix_point(&a, 0, &as_made), 0);
	for (i = 0; i < 4; i++) {
		cr_assert_eq(unix_point(&a, i % 2, NULL), 0);
		cr_assert_eq(unix_point(&a, i % 2, NULL), 0);
		cr_assert_eq(inode(a.path), slot_inode(i % 2));
	}
}

Test(unix_path, is_called_by_its_path, .init = begin, .fini = end)
{
	struct sockaddr_storage where;
	socklen_t length = sizeof(where);
	struct address got;

	cr_assert_eq(getsockname(make(1), (struct sockaddr *)&where, &length), 0);
	cr_assert_eq(address_from_sockaddr(&got, &where, length), 0);
	cr_assert(address_equal(&got, &a));
}

Test(unix_path, keeps_the_mode, .init = begin, .fini = end)
{
	const struct unix_rights rights = { 0640, -1, -1 };
	struct stat st;

	make(0);
	make(1);
	cr_assert_eq(unix_point(&a, 0, &rights), 0);
	cr_assert_eq(unix_point(&a, 1, NULL), 0);
	cr_assert_eq(stat(a.path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0640);
	cr_assert_eq(chmod(a.path, 0604), 0);
	cr_assert_eq(unix_point(&a, 0, NULL), 0);
	cr_assert_eq(stat(a.path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0604);
}

Test(unix_path, comes_back_when_somebody_removed_it, .init = begin, .fini = end)
{
	make(0);
	cr_assert_eq(unix_point(&a, 0, &as_made), 0);
	unlink(a.path);
	cr_assert_eq(unix_point(&a, 0, NULL), 0);
	cr_assert_eq(inode(a.path), slot_inode(0));
}

Test(unix_path, claims_what_nobody_has, .init = begin, .fini = end)
{
	int fd;

	cr_assert_eq(unix_claim(&a), 0);
	fd = make(0);
	cr_assert_eq(unix_point(&a, 0, &as_made), 0);
	cr_assert_eq(unix_claim(&a), -1);
	cr_assert_eq(errno, EADDRINUSE);
	close(fd);
	cr_assert_eq(unix_claim(&a), 0);
	unlink(a.path);
	close(open(a.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	cr_assert_eq(unix_claim(&a), -1);
	cr_assert_eq(errno, EEXIST);
}

Test(unix_path, leaves_the_path_of_somebody_else, .init = begin, .fini = end)
{
	make(0);
	close(open(a.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	unix_remove(&a, 4);
	cr_assert_neq(inode(a.path), 0);
	cr_assert_eq(slot_inode(0), 0);
}

Test(unix_path, resolves_links_of_directories, .init = begin)
{
	char link[sizeof(place) + 8];
	struct address by_link = { .family = AF_UNIX };

	snprintf(link, sizeof(link), "%s.link", place);
	cr_assert_eq(symlink(place, link), 0);
	snprintf(by_link.path, sizeof(by_link.path), "%s/../%s/app.sock", link, strrchr(link, '/') + 1);
	cr_assert_eq(unix_resolve(&by_link, NULL, NULL), 0);
	cr_assert(address_equal(&by_link, &a), "%s", by_link.path);
	unlink(link);
	snprintf(by_link.path, sizeof(by_link.path), "app.sock");
	cr_assert_eq(unix_resolve(&by_link, NULL, place), 0);
	cr_assert(address_equal(&by_link, &a));
	memset(by_link.path, 'x', 100);
	cr_assert_eq(unix_resolve(&by_link, NULL, "/tmp"), -1);
	cr_assert_eq(errno, ENAMETOOLONG);
	rmdir(place);
}

Test(unix_path, as_a_listener_has_queues_and_a_door, .init = begin, .fini = end)
{
	struct steer second = { .slot = 1, .probe_slot = -1 }, door = { .slot = 2, .probe_slot = -1 };
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(&a, &where);
	struct listener l = { .width = 1 };
	int client = socket(AF_UNIX, SOCK_STREAM, 0), late = socket(AF_UNIX, SOCK_STREAM |
	    SOCK_NONBLOCK, 0);

	listener_wish_nothing(&l.wish);
	cr_assert_eq(listener_open(&l, &a, 2), 0);
	cr_assert(l.barred);
	cr_assert_eq(listener_steer(&l, &second), 0);
	cr_assert_eq(connect(client, (struct sockaddr *)&where, length), 0);
	cr_assert_eq(listener_queue(&l, 0), 0);
	cr_assert_eq(listener_queue(&l, 1), 1);
	cr_assert_neq(unixdiag_accepted(client), 1);
	close(accept(listener_socket(&l, 1, 0), NULL, NULL));
	cr_assert_eq(listener_queue(&l, 1), 0);
	cr_assert_eq(listener_steer(&l, &door), 0);
	cr_assert_eq(connect(late, (struct sockaddr *)&where, length), -1);
	cr_assert_eq(errno, EAGAIN);
	listener_close(&l);
}
