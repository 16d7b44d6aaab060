/* Goal: a build's output is kept, bounded, and cannot write to a terminal. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "scratch.h"
#include "watcher/output.h"
#include "watcher/store.h"

static void
quiet(void)
{
	scratch_enter();
	log_open(LOG_ERROR, false);
	store_prepare("r");
}

TestSuite(output, .init = quiet, .fini = scratch_leave);

static void
say(struct output *o, int writer, const char *text)
{
	cr_assert_eq(fd_write_all(writer, text, strlen(text)), 0);
	cr_assert_eq(output_read(o), 1);
}

Test(output, control_bytes_are_escaped)
{
	struct output o;
	int writer = output_open(&o, "r", 7);

	say(&o, writer, "plain \xc3\xa9\tx\nred \033[31m\x07\r\n\n\xc2\x9b""31m\nno end");
	close(writer);
	output_close(&o);
	cr_assert(scratch_holds("r/7.log",
	    "plain \xc3\xa9\tx\nred \\x1b[31m\\x07\n\xc2\\x9b" "31m\nno end\n"));
}

Test(output, lines_without_end_and_bytes_that_are_no_text)
{
	static char long_line[4000];
	struct output o;
	struct stat st;
	int writer = output_open(&o, "r", 1), byte;

	for (byte = 0x80; byte < 0x100; byte++) {
		memset(long_line, byte, sizeof(long_line) - 1);
		say(&o, writer, long_line);
	}
	for (byte = 1; byte < 32; byte++) {
		memset(long_line, byte, sizeof(long_line) - 1);
		say(&o, writer, long_line);
	}
	close(writer);
	output_close(&o);
	cr_assert_eq(stat("r/1.log", &st), 0);
	cr_assert_gt(st.st_size, 128 * 3999);
}

Test(output, a_flood_is_cut_and_its_end_kept)
{
	struct output o;
	struct stat st;
	int writer = output_open(&o, "r", 2), line, fd;
	char text[128], tail[OUTPUT_TAIL + 1];
	ssize_t n;

	for (line = 0; line < 30000; line++) {
		snprintf(text, sizeof(text), "line %d of very many, all of them about as long as this one\n",
		    line);
		say(&o, writer, text);
	}
	close(writer);
	fd = output_tail(&o);
	output_close(&o);
	cr_assert_eq(stat("r/2.log", &st), 0);
	cr_assert_lt(st.st_size, 1024 * 1024 + 4096);
	n = read(fd, tail, OUTPUT_TAIL);
	cr_assert_gt(n, OUTPUT_TAIL - 200);
	tail[n] = '\0';
	cr_assert_eq(strncmp(tail, "line ", 5), 0, "it begins with a whole line");
	cr_assert_not_null(strstr(tail, "line 29999 "));
	cr_assert_eq(write(fd, "x", 1), -1, "sealed");
}
