/* What workers say by sd_notify. */
#include <criterion/criterion.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handoff/notify.h"

static struct notice
parsed(const char *text)
{
	struct notice n;

	notice_parse(&n, text, strlen(text));
	return n;
}

Test(notify, reads_the_lines_it_knows)
{
	cr_assert(parsed("READY=1").ready);
	cr_assert(parsed("STATUS=up\nREADY=1\n").ready);
	cr_assert_str_eq(parsed("STATUS=up\nREADY=1\n").status, "up");
	cr_assert(parsed("STOPPING=1").stopping);
	cr_assert(!parsed("READY=0").ready);
	cr_assert(!parsed("READY=11").ready);
	cr_assert(!parsed("XREADY=1").ready);
	cr_assert(!parsed("").ready);
	cr_assert(!parsed("\n\n\n").ready);
}

Test(notify, bounds_what_it_keeps)
{
	char text[500];
	struct notice n;

	memset(text, 'x', sizeof(text));
	memcpy(text, "STATUS=", 7);
	notice_parse(&n, text, sizeof(text));
	cr_assert_eq(strlen(n.status), NOTICE_STATUS - 1);
}

Test(notify, reads_what_has_a_value)
{
	struct notice n = parsed("MAINPID=42\nEXTEND_TIMEOUT_USEC=5000000\nERRNO=98\nEXIT_STATUS=3\n"
	    "BUSERROR=org.x\nWATCHDOG_USEC=20\nWATCHDOG=1");

	cr_assert_eq(n.main_pid, 42);
	cr_assert_eq(n.extend_us, 5000000);
	cr_assert_eq(n.error, 98);
	cr_assert_eq(n.exit_status, 3);
	cr_assert_str_eq(n.bus_error, "org.x");
	cr_assert_eq(n.watchdog_us, 20);
	cr_assert(n.alive);
	cr_assert(!n.trigger);
	cr_assert(parsed("WATCHDOG=trigger").trigger);
	cr_assert_eq(parsed("WATCHDOG=1").watchdog_us, -1, "its period stays as it was");
	cr_assert_eq(parsed("WATCHDOG_USEC=0").watchdog_us, 0, "it promises nothing any more");
	cr_assert_eq(parsed("MAINPID=1").main_pid, 0, "that is baton");
	cr_assert_eq(parsed("MAINPID=-7").main_pid, 0);
	cr_assert_eq(parsed("MAINPID=12x").main_pid, 0);
	cr_assert_eq(parsed("EXTEND_TIMEOUT_USEC=99999999999999999999999").extend_us, 0);
	cr_assert(parsed("RELOADING=1\nMONOTONIC_USEC=7").reloading);
}

Test(notify, reads_what_is_to_be_stored)
{
	char longest[NOTICE_NAME + 16] = "FDNAME=";
	struct notice n = parsed("FDSTORE=1\nFDNAME=a b\nFDPOLL=0");

	cr_assert(n.store);
	cr_assert(!n.poll);
	cr_assert_str_eq(n.name, "a b");
	cr_assert(parsed("FDSTORE=1").poll);
	cr_assert_str_eq(parsed("FDSTORE=1").name, "stored");
	cr_assert(parsed("FDSTOREREMOVE=1\nFDNAME=x").remove);
	cr_assert(parsed("FDNAME=a:b").bad_name);
	cr_assert(parsed("FDNAME=a\tb").bad_name);
	cr_assert(parsed("FDNAME=").bad_name);
	cr_assert_str_eq(parsed("FDNAME=a:b").name, "stored");
	memset(longest + 7, 'x', NOTICE_NAME - 1);
	cr_assert(parsed(longest).named, "255 bytes are a name");
	longest[7 + NOTICE_NAME - 1] = 'x';
	cr_assert(parsed(longest).bad_name, "256 are none");
}

Test(notify, a_barrier_stands_alone)
{
	cr_assert(parsed("BARRIER=1").barrier);
	cr_assert(!parsed("BARRIER=1\nREADY=1").ready);
	cr_assert(!parsed("READY=1\nBARRIER=1").ready);
}

Test(notify, shows_nothing_that_a_terminal_would_obey)
{
	cr_assert_str_eq(parsed("STATUS=\033[2Jx").status, "?[2Jx");
	cr_assert_str_eq(parsed("STATUS=\xc2\x9bx").status, "??x");
	cr_assert_str_eq(parsed("STATUS=\xc3\xa9").status, "\xc3\xa9");
	cr_assert_str_eq(parsed("STATUS=\xff\xc3").status, "??");
	cr_assert_str_eq(parsed("STATUS=\xed\xa0\x80").status, "???", "half of a pair");
	cr_assert_str_eq(parsed("STATUS=\xf0\x9f\x98\x80").status, "\xf0\x9f\x98\x80");
	cr_assert(parsed("STATUS=").said_status);
	cr_assert_str_eq(parsed("STATUS=").status, "");
}

Test(notify, is_cut_between_characters)
{
	char to[4];

	notice_clean(to, sizeof(to), "ab\xc3\xa9", 4);
	cr_assert_str_eq(to, "ab");
	notice_clean(to, sizeof(to), "a\xc3\xa9", 3);
	cr_assert_str_eq(to, "a\xc3\xa9");
}

/* Some text, with or without descriptors, to whom NOTIFY_SOCKET names. */
static void
tell(const char *name, const char *text, size_t length, int fds)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	union {
		char bytes[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)text, .iov_len = length };
	struct msghdr packet = { .msg_name = &to, .msg_iov = &part, .msg_iovlen = 1 };
	int out = socket(AF_UNIX, SOCK_DGRAM, 0), i;
	struct cmsghdr *c;

	packet.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	memcpy(to.sun_path, name, strlen(name));
	to.sun_path[0] = name[0] == '@' ? '\0' : name[0];
	if (fds > 0) {
		packet.msg_control = control.bytes;
		packet.msg_controllen = CMSG_SPACE((size_t)fds * sizeof(int));
		c = CMSG_FIRSTHDR(&packet);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN((size_t)fds * sizeof(int));
		for (i = 0; i < fds; i++)
			memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &out, sizeof(out));
	}
	cr_assert_eq(sendmsg(out, &packet, 0), (ssize_t)length);
	close(out);
}

Test(notify, says_who_sent_it)
{
	char name[NOTIFY_NAME];
	int fd = notify_open(SOCK_DGRAM, NULL, "x", name);
	static struct notified n;

	cr_assert_neq(fd, -1);
	cr_assert_eq(name[0], '@');
	cr_assert_eq(notify_receive(fd, &n), 0, "nothing there: it does not wait");
	tell(name, "READY=1", 7, 0);
	cr_assert_eq(notify_receive(fd, &n), 1);
	cr_assert(n.notice.ready);
	cr_assert_eq(n.sender, getpid());
	cr_assert_eq(n.count, 0);
}

Test(notify, has_a_path_where_it_shall)
{
	char name[NOTIFY_NAME], directory[] = "/tmp/notify.XXXXXX", deep[200];
	static struct notified n;
	int fd;

	cr_assert_not_null(mkdtemp(directory));
	fd = notify_open(SOCK_DGRAM, directory, "x", name);
	cr_assert_neq(fd, -1);
	cr_assert_eq(strncmp(name, directory, strlen(directory)), 0);
	tell(name, "READY=1", 7, 0);
	cr_assert_eq(notify_receive(fd, &n), 1);
	cr_assert_eq(n.sender, getpid());
	notify_close(&fd, name);
	cr_assert_eq(rmdir(directory), 0, "its path goes with it");
	memset(deep, 'd', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	cr_assert_eq(notify_open(SOCK_DGRAM, deep, "x", name), -1, "longer than an address may be");
}

Test(notify, keeps_and_closes_what_comes_along)
{
	char name[NOTIFY_NAME];
	int fd = notify_open(SOCK_DGRAM, NULL, "x", name), first, again;
	static struct notified n;

	first = dup(fd);
	close(first);
	tell(name, "FDSTORE=1", 9, 3);
	cr_assert_eq(notify_receive(fd, &n), 1);
	cr_assert_eq(n.count, 3);
	notify_drop(&n);
	cr_assert_eq(n.count, 0);
	again = dup(fd);
	cr_assert_eq(again, first, "one of them is still open");
}

Test(notify, takes_nothing_of_what_is_too_long)
{
	static char text[6000] = "READY=1\nSTATUS=";
	char name[NOTIFY_NAME];
	int fd = notify_open(SOCK_DGRAM, NULL, "x", name);
	static struct notified n;

	memset(text + 15, 'x', sizeof(text) - 15);
	tell(name, text, sizeof(text), 1);
	cr_assert_eq(notify_receive(fd, &n), 1);
	cr_assert(n.cut);
	cr_assert(!n.notice.ready);
	notify_drop(&n);
	cr_assert_eq(notify_receive(fd, &n), 0);
}
