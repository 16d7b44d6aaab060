/* What workers say by sd_notify. */
#include <criterion/criterion.h>

#include <sys/socket.h>
#include <sys/un.h>

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

Test(notify, says_who_sent_it)
{
	char name[NOTIFY_NAME];
	int fd = notify_open(name), out = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct notice n;
	pid_t sender = 0;

	cr_assert_neq(fd, -1);
	cr_assert_eq(name[0], '@');
	memcpy(to.sun_path + 1, name + 1, strlen(name) - 1);
	cr_assert_eq(notify_receive(fd, &n, &sender), 0, "nothing there: it does not wait");
	sendto(out, "READY=1", 7, 0, (struct sockaddr *)&to,
	    (socklen_t)(sizeof(sa_family_t) + strlen(name)));
	cr_assert_eq(notify_receive(fd, &n, &sender), 1);
	cr_assert(n.ready);
	cr_assert_eq(sender, getpid());
}
