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
		[PEER_KEEPER] = { MESSAGE_BIND, MESSAGE_STORE_REMOVE },
		[PEER_WATCH] = { MESSAGE_BUILD_STARTED, MESSAGE_LOG },
		[PEER_STORE] = { MESSAGE_IN_USE, MESSAGE_IN_USE },
		[PEER_PROBE] = { MESSAGE_PROBE_FROM, MESSAGE_PROBE_FAILED },
		[PEER_CLIENT] = { MESSAGE_ASK_STATUS, MESSAGE_ASK_LOG },
		[PEER_REHEARSAL] = { MESSAGE_REHEARSED, MESSAGE_REFUSED },
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
			    (who == PEER_KEEPER && type == MESSAGE_FELL) ||
			    (who == PEER_KEEPER && type == MESSAGE_STORE) ||
			    (who == PEER_WATCH && type == MESSAGE_BUILD_STARTED) ||
			    (who == PEER_WATCH && type == MESSAGE_BUILD_FAILED) ||
			    (who == PEER_WATCH && type == MESSAGE_LOG) ||
			    (who == PEER_CLIENT && type == MESSAGE_ASK_UPGRADE),
			    "peer %d, message %d", who, type);
}

Test(permit, refuses_a_type_that_does_not_exist)
{
	struct message m = { .type = UINT32_MAX };

	cr_assert(!permit(PEER_KEEPER, &m, -1));
}

/* Keepers of another version go by numbers: who changes one changes MESSAGE_LANGUAGE as well. */
Test(permit, knows_each_message_by_its_number_for_ever)
{
	static const struct {
		int type, number;
	} known[] = {
		{ MESSAGE_BIND, 1 }, { MESSAGE_ADOPTED, 2 }, { MESSAGE_ANNOUNCED, 3 },
		{ MESSAGE_READY, 4 }, { MESSAGE_WORKER_UP, 5 }, { MESSAGE_WORKER_DOWN, 6 },
		{ MESSAGE_FAILED, 7 }, { MESSAGE_DRAIN_STATE, 8 }, { MESSAGE_DRAIN_DONE, 9 },
		{ MESSAGE_HEAVY, 10 }, { MESSAGE_STOPPED, 11 },
		{ MESSAGE_FIGURE, 12 }, { MESSAGE_CONNECTIONS, 13 },
		{ MESSAGE_RETIRED, 14 }, { MESSAGE_FELL, 15 },
		{ MESSAGE_SAYS, 16 }, { MESSAGE_MAIN, 17 }, { MESSAGE_EXTEND, 18 },
		{ MESSAGE_NAME, 19 }, { MESSAGE_STORE, 20 }, { MESSAGE_STORE_REMOVE, 21 },
		{ MESSAGE_LISTENER, 32 }, { MESSAGE_BEGIN, 33 }, { MESSAGE_PROMOTED, 34 },
		{ MESSAGE_DRAIN, 35 }, { MESSAGE_STOP, 36 }, { MESSAGE_KILL, 37 },
		{ MESSAGE_SIGNAL, 38 }, { MESSAGE_GROW, 48 }, { MESSAGE_RETIRE, 49 },
		{ MESSAGE_STORED, 50 }, { MESSAGE_UNSTORED, 51 },
		{ MESSAGE_BUILD_STARTED, 72 }, { MESSAGE_BUILT, 73 }, { MESSAGE_BUILD_SAME, 74 },
		{ MESSAGE_BUILD_FAILED, 75 }, { MESSAGE_BUILD, 88 }, { MESSAGE_IN_USE, 89 },
		{ MESSAGE_PROBE_FROM, 96 }, { MESSAGE_PROBE_PASSED, 97 }, { MESSAGE_PROBE_FAILED, 98 },
		{ MESSAGE_PROBE_GO, 104 },
		{ MESSAGE_STATUS, 144 }, { MESSAGE_STEP, 145 }, { MESSAGE_DONE, 146 },
		{ MESSAGE_BINARY, 147 }, { MESSAGE_REHEARSED, 160 }, { MESSAGE_REFUSED, 161 },
	};
	size_t i;

	cr_assert_eq(MESSAGE_LANGUAGE, 1);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		cr_assert_eq(known[i].type, known[i].number, "the one with number %d",
		    known[i].number);
}
