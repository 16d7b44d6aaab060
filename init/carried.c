/* carried.c - what of PID 1 goes on in a new binary. */
#include "init/carried.h"
#include "init/init.h"

#define IS(type, field, kind, most) \
	{ #field, kind, offsetof(struct type, field), sizeof(((struct type *)0)->field), 1, most, NULL }
#define ARE(type, field, kind) \
	{ #field, kind, offsetof(struct type, field), sizeof(((struct type *)0)->field[0]), \
	    sizeof(((struct type *)0)->field) / sizeof(((struct type *)0)->field[0]), 0, NULL }
#define NUMBER(type, field) IS(type, field, CARRIED_NUMBER, 0)
#define NUMBERS(type, field) ARE(type, field, CARRIED_NUMBER)
#define UP_TO(type, field, most) IS(type, field, CARRIED_NUMBER, most)
#define COUNT(type, field) IS(type, field, CARRIED_COUNT, 0)
#define TEXT(type, field) IS(type, field, CARRIED_TEXT, 0)
#define BYTES(type, field) IS(type, field, CARRIED_BYTES, 0)
#define DESCRIPTOR(type, field) IS(type, field, CARRIED_DESCRIPTOR, 0)
#define DESCRIPTORS(type, field) ARE(type, field, CARRIED_DESCRIPTOR)
#define NOT(type, field) IS(type, field, CARRIED_NOT, 0)
#define INNER(type, field, rows) \
	{ #field, CARRIED_STRUCT, offsetof(struct type, field), \
	    sizeof(((struct type *)0)->field), 1, 0, &(rows) }
#define INNERS(type, field, rows) \
	{ #field, CARRIED_STRUCT, offsetof(struct type, field), \
	    sizeof(((struct type *)0)->field[0]), \
	    sizeof(((struct type *)0)->field) / sizeof(((struct type *)0)->field[0]), 0, &(rows) }
#define TABLE(type, keyed) \
	static const struct carried_struct carried_##type = { \
		type##_rows, sizeof(type##_rows) / sizeof(type##_rows[0]), sizeof(struct type), keyed }

/* --- the core --------------------------------------------------------------------------------- */

/* The policy is what the configuration says, which is read again; how many slots there are is not. */
static const struct carried policy_rows[] = {
	NOT(policy, patience),
	NOT(policy, ready),
	UP_TO(policy, slots, LISTENER_SOCKETS),
	NOT(policy, most_draining),
	NOT(policy, retry),
	NOT(policy, retry_most),
	NOT(policy, restart_limit),
	NOT(policy, restart_window),
	NOT(policy, grace),
	NOT(policy, lameduck),
	NOT(policy, patient),
	NOT(policy, plain_ends),
	NOT(policy, done_ends),
	NOT(policy, exit_ok),
	NOT(policy, silent),
	UP_TO(policy, places, WORKERS),	/* 0 where connections cannot be steered */
	NOT(policy, max_age),
	NOT(policy, canary),
};
TABLE(policy, false);

static const struct carried generation_rows[] = {
	COUNT(generation, serial),
	NUMBER(generation, release),
	COUNT(generation, turn),
	UP_TO(generation, state, GENERATION_STATES - 1),
	UP_TO(generation, slot, LISTENER_SOCKETS),
	UP_TO(generation, places, WORKERS),
	NUMBER(generation, started),
	NUMBER(generation, since),
	NUMBER(generation, deadline),
	NUMBER(generation, status),
	NUMBER(generation, kills),
};
TABLE(generation, true);

static const struct carried rolling_rows[] = {
	COUNT(rolling, to),
	COUNT(rolling, whole),
	UP_TO(rolling, back, 1),
	UP_TO(rolling, phase, ROLL_RETIRES),
	UP_TO(rolling, moved, WORKERS),
	NUMBER(rolling, order),
	NUMBER(rolling, deadline),
};
TABLE(rolling, false);

static const struct carried service_rows[] = {
	INNER(service, policy, carried_policy),
	INNERS(service, generations, carried_generation),
	COUNT(service, next_serial),
	COUNT(service, live),
	COUNT(service, candidate),
	NUMBER(service, wanted),
	INNER(service, roll, carried_rolling),
	COUNT(service, turn),
	COUNT(service, settled),
	NUMBER(service, good),
	NUMBER(service, before),
	UP_TO(service, steered, LISTENER_SOCKETS),
	UP_TO(service, listening, 1),
	UP_TO(service, hurry, 1),
	COUNT(service, direct),
	UP_TO(service, step, CANARY_STEPS),
	NUMBER(service, step_until),
	UP_TO(service, stopping, 1),
	UP_TO(service, ended, 1),
	UP_TO(service, asked, 1),
	UP_TO(service, lame, 1),
	NUMBER(service, lame_until),
	NUMBER(service, grace_ends),
	NUMBER(service, retry_at),
	NUMBER(service, renew_at),
	NUMBER(service, failures),
	NUMBER(service, failed_in_window),
	NUMBER(service, window_began),
	NUMBER(service, status),
	COUNT(service, done),
	COUNT(service, failed),
	COUNT(service, failed_turn),
	NUMBER(service, left_behind),
	NUMBER(service, last_ms),
};
TABLE(service, false);

/* --- the sockets ------------------------------------------------------------------------------ */

static const struct carried address_rows[] = {
	COUNT(address, family),
	COUNT(address, port),
	BYTES(address, ip),
	TEXT(address, path),
};
TABLE(address, true);

static const struct carried traits_rows[] = {
	COUNT(traits, given),
	NUMBERS(traits, value),
};
TABLE(traits, false);

static const struct carried unix_rights_rows[] = {
	NUMBER(unix_rights, mode),
	NUMBER(unix_rights, uid),
	NUMBER(unix_rights, gid),
};
TABLE(unix_rights, false);

static const struct carried listener_wish_rows[] = {
	NUMBER(listener_wish, backlog),
	UP_TO(listener_wish, v6only, 1),
	INNER(listener_wish, traits, carried_traits),
	INNER(listener_wish, rights, carried_unix_rights),
};
TABLE(listener_wish, false);

static const struct carried listener_rows[] = {
	INNER(listener, address, carried_address),
	INNER(listener, wish, carried_listener_wish),
	UP_TO(listener, declared, 1),
	TEXT(listener, name),
	UP_TO(listener, slots, LISTENER_SOCKETS),
	UP_TO(listener, width, WORKERS),
	DESCRIPTORS(listener, sockets),
	DESCRIPTORS(listener, plugs),
	UP_TO(listener, barred, 1),
};
TABLE(listener, true);

static const struct carried steer_rows[] = {
	UP_TO(steer, slot, LISTENER_SOCKETS),
	UP_TO(steer, width, WORKERS),
	COUNT(steer, down),
	UP_TO(steer, share, CANARY_ALL),
	UP_TO(steer, share_slot, LISTENER_SOCKETS),
	COUNT(steer, share_down),
	UP_TO(steer, by_source, 1),
	COUNT(steer, salt),
	UP_TO(steer, moved, WORKERS),
	UP_TO(steer, moved_slot, LISTENER_SOCKETS),
	UP_TO(steer, probe_slot, LISTENER_SOCKETS),
	UP_TO(steer, probe_worker, WORKERS),
	INNER(steer, probe, carried_address),
};
TABLE(steer, false);

/* --- who works for a service ------------------------------------------------------------------ */

static const struct carried worker_record_rows[] = {
	NUMBER(worker_record, pid),
	COUNT(worker_record, restarts),
	COUNT(worker_record, adoption),
	UP_TO(worker_record, saying, SAYING_STOPPING),
	TEXT(worker_record, status),
};
TABLE(worker_record, false);

static const struct carried keeper_record_rows[] = {
	COUNT(keeper_record, serial),
	NUMBER(keeper_record, pid),
	DESCRIPTOR(keeper_record, channel),
	INNERS(keeper_record, workers, carried_worker_record),
	COUNT(keeper_record, down),
	NUMBER(keeper_record, open),
	NUMBER(keeper_record, in_flight),
	NUMBER(keeper_record, closed_quiet),
	NUMBER(keeper_record, cut),
	DESCRIPTOR(keeper_record, roll),
	NUMBERS(keeper_record, figures),
	COUNT(keeper_record, bound),
	UP_TO(keeper_record, spoke, 1),
	UP_TO(keeper_record, promoted, 1),
	UP_TO(keeper_record, condemned, 1),
	TEXT(keeper_record, waits_for),
	TEXT(keeper_record, naming),
};
TABLE(keeper_record, true);

static const struct carried helper_rows[] = {
	NUMBER(helper, pid),
	DESCRIPTOR(helper, channel),
	COUNT(helper, serial),
	COUNT(helper, asked),
	UP_TO(helper, watches, 1),
	UP_TO(helper, first, WORKERS),
	UP_TO(helper, end, WORKERS),
	NUMBER(helper, order),
	NUMBER(helper, release),
	NUMBER(helper, start_at),
	NUMBER(helper, starts),
	NUMBER(helper, began),
};
TABLE(helper, false);

static const struct carried build_record_rows[] = {
	UP_TO(build_record, state, BUILD_RUNNING),
	NUMBER(build_record, number),
	NUMBER(build_record, told),
	UP_TO(build_record, told_served, 1),
	NUMBER(build_record, started),
	NUMBER(build_record, last_ms),
	UP_TO(build_record, last_result, RESULT_FAILED),
	TEXT(build_record, trigger),
	TEXT(build_record, why),
};
TABLE(build_record, false);

static const struct carried handoff_rows[] = {
	COUNT(handoff, number),
	UP_TO(handoff, state, HANDOFF_FAILED),
	UP_TO(handoff, warm, 1),
	UP_TO(handoff, told, 1),
	COUNT(handoff, old),
	COUNT(handoff, new),
	NUMBER(handoff, old_release),
	NUMBER(handoff, new_release),
	UP_TO(handoff, old_slot, LISTENER_SOCKETS),
	NUMBER(handoff, at),
	NUMBER(handoff, began),
	NUMBER(handoff, announced),
	NUMBER(handoff, passed),
	NUMBER(handoff, rolled),
	NUMBER(handoff, switched),
	NUMBER(handoff, start_ms),
	NUMBER(handoff, ready_ms),
	NUMBER(handoff, canary_ms),
	NUMBER(handoff, rolling_ms),
	NUMBER(handoff, total_ms),
	NUMBER(handoff, switch_us),
	NUMBERS(handoff, figures),
	NUMBER(handoff, accepted_old),
	NUMBER(handoff, accepted_new),
	NUMBER(handoff, left_behind),
	NUMBER(handoff, dropped),
	TEXT(handoff, why),
};
TABLE(handoff, true);

static const struct carried account_rows[] = {
	COUNT(account, numbers),
	INNERS(account, ring, carried_handoff),
	NUMBER(account, steer_us),
	NUMBER(account, accepted_old),
	NUMBER(account, accepted_new),
	NUMBER(account, drained),
	NUMBER(account, quiet),
	NUMBER(account, carried),
	NUMBER(account, cut),
	NUMBER(account, left_behind),
	NUMBER(account, dropped),
	NUMBER(account, overflows),
	NUMBER(account, drops),
};
TABLE(account, false);

static const struct carried deposit_rows[] = {
	COUNT(deposit, id),
	DESCRIPTOR(deposit, fd),
	UP_TO(deposit, poll, 1),
	TEXT(deposit, name),
};
TABLE(deposit, true);

static const struct carried deposits_rows[] = {
	COUNT(deposits, ids),
	UP_TO(deposits, count, DEPOSITS),
	INNERS(deposits, list, carried_deposit),
};
TABLE(deposits, false);

static const struct carried served_rows[] = {
	TEXT(served, name),
	NOT(served, critical),		/* as configured */
	UP_TO(served, over, 1),
	NUMBER(served, status),
	INNER(served, service, carried_service),
	UP_TO(served, listener_count, LISTENERS),
	INNERS(served, listeners, carried_listener),
	INNERS(served, keepers, carried_keeper_record),
	INNER(served, steer, carried_steer),
	NUMBER(served, steer_at),
	UP_TO(served, whole_told, 1),
	UP_TO(served, stop_signal, SIGNAL_MAP),
	INNER(served, watch, carried_helper),
	INNER(served, store, carried_helper),
	INNER(served, probe, carried_helper),
	NUMBER(served, publish_next),
	NUMBER(served, published),
	UP_TO(served, store_job, STORE_UNITE),
	NUMBER(served, unite_next),
	UP_TO(served, as_it_is, 1),
	UP_TO(served, unite, 1),
	TEXT(served, in_use_told),
	INNER(served, build, carried_build_record),
	INNER(served, account, carried_account),
	INNER(served, deposits, carried_deposits),
	COUNT(served, failure_serial),
	UP_TO(served, failure_not_run, 1),
	UP_TO(served, failure_complete, 1),
	TEXT(served, last_failure),
	DESCRIPTOR(served, last_failure_lines),
};
TABLE(served, true);

/* --- baton as a whole ------------------------------------------------------------------------- */

static const struct carried client_rows[] = {
	DESCRIPTOR(client, socket),
	UP_TO(client, service, SERVICES - 1),
	UP_TO(client, waits, WAIT_LOGGED),
	COUNT(client, turn),
	NUMBER(client, build),
	NUMBER(client, flags),
	COUNT(client, heard),
};
TABLE(client, true);

static const struct carried state_rows[] = {
	NOT(state, size),
	NOT(state, version),
	NUMBER(state, pid),
	NUMBER(state, booted),
	NOT(state, now),
	TEXT(state, tier),
	UP_TO(state, steering, 1),
	TEXT(state, upgraded_from),
	NUMBER(state, upgraded),
	COUNT(state, upgrades),
	INNERS(state, clients, carried_client),
	UP_TO(state, service_count, SERVICES),
	INNERS(state, services, carried_served),
};
TABLE(state, false);

static const struct carried sockaddr_un_rows[] = {
	COUNT(sockaddr_un, sun_family),
	BYTES(sockaddr_un, sun_path),	/* an abstract name has a NUL in it */
};
TABLE(sockaddr_un, false);

static const struct carried place_rows[] = {
	INNER(place, address, carried_sockaddr_un),
	COUNT(place, length),
	TEXT(place, text),
};
TABLE(place, false);

static const struct carried role_origin_rows[] = {
	DESCRIPTOR(role_origin, self),
	DESCRIPTOR(role_origin, here),
	UP_TO(role_origin, away, 1),
};
TABLE(role_origin, false);

static const struct carried inherited_rows[] = {
	COUNT(inherited, mask),
	UP_TO(inherited, ignores_children, 1),
};
TABLE(inherited, false);

static const struct carried upgrade_rows[] = {
	UP_TO(upgrade, phase, UPGRADE_DUE),
	DESCRIPTOR(upgrade, binary),
	NOT(upgrade, rehearsal),
	NOT(upgrade, channel),
	NOT(upgrade, until),
	NOT(upgrade, passed),
	NOT(upgrade, version),
	NOT(upgrade, why),
	TEXT(upgrade, path),
	NUMBER(upgrade, language),
	INNER(upgrade, origin, carried_role_origin),
	INNER(upgrade, inherited, carried_inherited),
	TEXT(upgrade, name),
};
TABLE(upgrade, false);

#undef TABLE
static const struct carried init_rows[] = {
	INNER(init, upgrade, carried_upgrade),
	INNER(init, state, carried_state),
	NOT(init, config),		/* read again; NOLINT(bugprone-sizeof-expression) */
	NOT(init, signals),		/* opened again: what is pending is the process's, not its */
	DESCRIPTOR(init, control),
	NUMBER(init, control_at),
	INNER(init, place, carried_place),
	COUNT(init, heard),
	NOT(init, events),		/* there are none: it is done between two turns */
	NOT(init, first_event),
	NOT(init, event_count),
	{ "upward", CARRIED_DESCRIPTOR, offsetof(struct init, upward.socket), sizeof(int), 1, 0, NULL },
	{ "said", CARRIED_NUMBER, offsetof(struct init, upward.said), sizeof(enum upward_said), 1,
	    UPWARD_STOPPING, NULL },
	NOT(init, more_to_reap),
	UP_TO(init, ending, 1),
	UP_TO(init, ended, 1),
	NUMBER(init, status),
	UP_TO(init, had_children, 1),
};

const struct carried_struct carried_init = {
	init_rows, sizeof(init_rows) / sizeof(init_rows[0]), sizeof(struct init), false
};

const struct carried_struct *const carried_all[] = {
	&carried_init, &carried_upgrade, &carried_inherited, &carried_role_origin, &carried_place,
	&carried_sockaddr_un, &carried_state, &carried_client, &carried_served, &carried_build_record,
	&carried_helper, &carried_keeper_record, &carried_worker_record, &carried_steer,
	&carried_deposits, &carried_deposit,
	&carried_handoff, &carried_account, &carried_listener, &carried_listener_wish,
	&carried_traits, &carried_unix_rights, &carried_address, &carried_service, &carried_generation,
	&carried_policy, &carried_rolling,
	NULL
};
