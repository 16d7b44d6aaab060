/* Goal: the newest state of the sources is on its way to be served, and nothing is handed over for no news. */
#include <criterion/criterion.h>

#include "init/newest.h"

static bool
wants(enum message_type type, int32_t release, int32_t code, int32_t heading)
{
	const struct message m = { .type = type, .release = release, .code = code };

	return newest_wants(&m, heading, false);
}

Test(newest, each_message)
{
	cr_expect(wants(MESSAGE_BUILT, 5, 0, 4), "a new release");
	cr_expect(wants(MESSAGE_BUILT, 0, 0, 4), "a reload");
	cr_expect_not(wants(MESSAGE_BUILD_SAME, 4, 0, 4), "what serves, and shall");
	cr_expect(wants(MESSAGE_BUILD_SAME, 4, 0, 5), "taken back while 5 was starting");
	cr_expect_not(wants(MESSAGE_BUILD_SAME, 5, 1, 4), "told before, and taken back by hand since");
	cr_expect(newest_wants(&(struct message){ .type = MESSAGE_BUILD_SAME, .release = 4 }, 4, true),
	    "who serves has not seen a template");
	cr_expect_not(wants(MESSAGE_BUILD_FAILED, 5, 0, 4));
	cr_expect_not(wants(MESSAGE_BUILD_STARTED, 5, 0, 4));
}
