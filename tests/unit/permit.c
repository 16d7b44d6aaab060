/* Who may send what: every sender, every message, with and without a descriptor. */
#include <criterion/criterion.h>

#include "init/permit.h"

static bool
may(enum peer who, int type, int fd)
{
	struct message m = { .type = (uint32_t)type };

	return permit(who, &m, fd);
}

Test(permit, lets_each_say_its_own_and_nothing_else)
{
	static const int range[PEERS][2] = {
		[PEER_KEEPER] = { MESSAGE_BIND, MESSAGE_STOPPED },
		[PEER_WATCH] = { MESSAGE_BUILD_STARTED, MESSAGE_BUILD_FAILED },
		[PEER_STORE] = { MESSAGE_IN_USE, MESSAGE_IN_USE },
		[PEER_PROBE] = { MESSAGE_PROBE_FROM, MESSAGE_PROBE_FAILED },
		[PEER_CLIENT] = { MESSAGE_ASK_STATUS, MESSAGE_ASK_LIVE },
	};
	int who, type;

	for (who = 0; who < PEERS; who++)
		for (type = 0; type < MESSAGE_TYPES + 5; type++)
			cr_assert_eq(may((enum peer)who, type, -1),
			    type >= range[who][0] && type <= range[who][1],
			    "peer %d, message %d", who, type);
}

Test(permit, takes_a_descriptor_only_where_one_may_come)
{
	int who, type;

	for (who = 0; who < PEERS; who++)
		for (type = 0; type < MESSAGE_TYPES; type++)
			cr_assert_eq(may((enum peer)who, type, 5),
			    (who == PEER_KEEPER && type == MESSAGE_FAILED) ||
			    (who == PEER_KEEPER && type == MESSAGE_CONNECTIONS) ||
			    (who == PEER_WATCH && type == MESSAGE_BUILD_FAILED),
			    "peer %d, message %d", who, type);
}

Test(permit, refuses_a_type_that_does_not_exist)
{
	struct message m = { .type = UINT32_MAX };

	cr_assert(!permit(PEER_KEEPER, &m, -1));
}
