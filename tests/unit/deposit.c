/* What workers leave for whoever comes next: no more than may be, each once, in order. */
#include <criterion/criterion.h>

#include <sys/socket.h>

#include <errno.h>
#include <unistd.h>

#include "handoff/deposit.h"

static struct deposits all;

static int
some_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static void
add(const char *name)
{
	cr_assert_not_null(deposit_add(&all, 0, some_socket(), name, true, DEPOSITS));
}

Test(deposit, keeps_the_order_when_one_goes)
{
	int fd;

	add("a");
	add("b");
	add("c");
	fd = deposit_named(&all, "b")->fd;
	deposit_drop(&all, deposit_named(&all, "b"));
	cr_assert_eq(close(fd), -1, "it was closed");
	cr_assert_eq(all.count, 2);
	cr_assert_str_eq(all.list[0].name, "a");
	cr_assert_str_eq(all.list[1].name, "c");
	cr_assert_eq(all.list[2].id, 0);
	cr_assert_null(deposit_named(&all, "b"));
	cr_assert_str_eq(deposit_find(&all, 3)->name, "c");
	add("d");
	cr_assert_eq(all.list[2].id, 4, "an id is never given twice");
}

Test(deposit, has_an_open_file_once)
{
	int fd = some_socket(), copy = dup(fd);

	cr_assert_not_null(deposit_add(&all, 0, fd, "x", true, DEPOSITS));
	cr_assert_null(deposit_add(&all, 0, copy, "y", true, DEPOSITS));
	cr_assert_eq(errno, EEXIST);
	cr_assert_eq(close(copy), 0, "it is still its owner's");
}

Test(deposit, is_full_when_it_is)
{
	int i, fd;

	for (i = 0; i < DEPOSITS; i++)
		add("x");
	fd = some_socket();
	cr_assert_null(deposit_add(&all, 0, fd, "x", true, 2 * DEPOSITS));
	cr_assert_eq(errno, ENOSPC);
	deposit_drop(&all, &all.list[DEPOSITS - 1]);
	cr_assert_not_null(deposit_add(&all, 0, fd, "x", true, DEPOSITS));
	deposit_drop(&all, &all.list[0]);
	cr_assert_null(deposit_add(&all, 0, some_socket(), "x", true, 1), "fewer may be there now");
}
