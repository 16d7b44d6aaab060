/* The list of connections in shared memory: whole, bounded, and not to be written by its readers. */
#include <criterion/criterion.h>

#include <sys/mman.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handoff/roll.h"

static struct roll *written, got;
static struct drain drain;
static int fd;

static void
begin(void)
{
	cr_assert_not_null(written = roll_make(&fd));
	drain_begin(&drain, 10000, 1000, true, 1000);
}

TestSuite(roll, .init = begin);

static struct connection
connection(pid_t pid)
{
	return (struct connection){ .pid = pid, .worker = 3, .remote_port = 77, .family = AF_INET,
		.remote = { 127, 0, 0, 1 }, .bytes_received = 10, .bytes_sent = 20,
		.received_ago = 40, .sent_ago = 30, .habit = { .seen = true, .there_since = 500 } };
}

Test(roll, tells_of_each_what_it_is)
{
	struct connection list[5];
	int i;

	for (i = 0; i < 5; i++)
		list[i] = connection(i == 4 ? 0 : 10 + i);
	list[1].habit.pending = true;
	list[2].habit.pause = 200;
	list[3].habit.closed = true;
	list[3].habit.closed_at = 900;
	roll_write(written, &drain, list, 5, 1000);
	cr_assert_eq(roll_read(fd, &got), 0);
	cr_assert_eq(got.count, 4, "the last is nobody's");
	cr_assert_eq(got.held, 4);
	cr_expect_eq(got.entries[0].kind, DRAIN_QUIET);
	cr_expect_eq(got.entries[0].since, 30);
	cr_expect_eq(got.entries[0].age, 500);
	cr_expect_eq(got.entries[0].worker, 3);
	cr_expect_eq(got.entries[0].bytes_out, 20);
	cr_expect_eq(got.entries[1].kind, DRAIN_IN_FLIGHT);
	cr_expect_eq(got.entries[1].since, 40);
	cr_expect_eq(got.entries[2].kind, DRAIN_STREAM);
	cr_expect_eq(got.entries[3].kind, DRAIN_CLOSED);
	cr_expect_eq(got.entries[3].since, 100);
	for (i = 0; i < DRAIN_KINDS; i++)
		cr_expect_eq(got.kinds[i], 1);
}

Test(roll, has_room_for_so_many_and_counts_the_rest)
{
	struct connection *list = calloc(ROLL_MOST + 5, sizeof(*list));
	int i;

	for (i = 0; i < ROLL_MOST + 5; i++)
		list[i] = connection(1);
	roll_write(written, &drain, list, ROLL_MOST + 5, 1000);
	cr_assert_eq(roll_read(fd, &got), 0);
	cr_expect_eq(got.count, ROLL_MOST + 5);
	cr_expect_eq(got.held, ROLL_MOST);
	cr_expect_eq(got.kinds[DRAIN_QUIET], ROLL_MOST + 5);
	free(list);
}

Test(roll, is_not_read_in_the_middle)
{
	roll_write(written, &drain, NULL, 0, 1000);
	cr_assert_eq(roll_read(fd, &got), 0);
	written->sequence++;
	cr_assert_eq(roll_read(fd, &got), -1);
}

Test(roll, is_made_to_fit_when_its_writer_lies)
{
	written->entries[7].kind = 200;
	written->held = UINT32_MAX;
	written->count = 3;
	cr_assert_eq(roll_read(fd, &got), 0);
	cr_expect_eq(got.held, ROLL_MOST);
	cr_expect_eq(got.count, ROLL_MOST);
	cr_expect_eq(got.entries[7].kind, DRAIN_QUIET);
	written->size = 1;
	cr_assert_eq(roll_read(fd, &got), -1);
	cr_assert_eq(roll_read(-1, &got), -1);
}

Test(roll, can_only_be_read_by_others)
{
	cr_expect_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	cr_expect_eq(pwrite(fd, "x", 1, 0), -1);
	cr_expect_eq(ftruncate(fd, 0), -1);
	written->count = 1;		/* and its writer goes on */
}
