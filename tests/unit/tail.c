/* What workers write goes on, and its end is kept. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "handoff/tail.h"

static struct tail t;
static char lines[TAIL_KEPT + 1];

static const char *
kept(void)
{
	int fd = tail_lines(&t);
	ssize_t n;

	if (fd == -1)
		return "";
	n = read(fd, lines, TAIL_KEPT);
	close(fd);
	lines[n] = '\0';
	return lines;
}

static void
begin(void)
{
	cr_redirect_stderr();
	tail_open(&t, 1);
}

Test(tail, keeps_the_last_lines_and_passes_all_on, .init = begin)
{
	cr_assert_neq(t.pipe[1], -1);
	cr_assert_eq(write(t.pipe[1], "one\ntwo\n", 8), 8);
	tail_go_on(&t);
	cr_assert_eq(write(t.pipe[1], "three\n", 6), 6);
	cr_assert_str_eq(kept(), "one\ntwo\nthree\n");
	cr_assert_stderr_eq_str("one\ntwo\nthree\n");
}

Test(tail, begins_at_a_line_when_it_is_full, .init = begin)
{
	char line[64];
	int i;

	for (i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "line number %d of two hundred\n", i);
		cr_assert_eq(write(t.pipe[1], line, strlen(line)), (ssize_t)strlen(line));
		tail_go_on(&t);
	}
	cr_assert_eq(strncmp(kept(), "\nline number ", 13), 0, "%s", lines);
	cr_assert_not_null(strstr(lines, "line number 199 of two hundred\n"));
}

/* A worker that ends with a long trace: all of it is there when its keeper has ended. */
Test(tail, passes_all_on_at_the_end, .init = begin)
{
	char line[64], wanted[400 * 32] = "";
	int i;

	for (i = 0; i < 400; i++) {
		snprintf(line, sizeof(line), "line %04d of a long trace\n", i);
		strcat(wanted, line);
	}
	cr_assert_gt(strlen(wanted), 2 * TAIL_CHUNK);
	cr_assert_eq(write(t.pipe[1], wanted, strlen(wanted)), (ssize_t)strlen(wanted));
	tail_end(&t);
	cr_assert_stderr_eq_str(wanted);
}

Test(tail, has_nothing_when_nothing_was_written, .init = begin)
{
	cr_assert_str_eq(kept(), "");
}

Test(tail, leaves_stderr_alone_when_it_is_not_asked_to_keep)
{
	tail_open(&t, 0);
	cr_assert_eq(t.pipe[1], -1);
	cr_assert_eq(tail_poll(&t).fd, -1);
	cr_assert_eq(tail_lines(&t), -1);
}
