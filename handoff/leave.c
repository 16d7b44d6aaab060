/* leave.c - how a generation drains and ends. */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "handoff/keep.h"

static const char *const waits[] = {
	[DRAIN_WAITS_QUEUE] = "connections that are not accepted yet",
	[DRAIN_WAITS_FLIGHT] = "requests in flight",
	[DRAIN_WAITS_QUIET] = "connections to be quiet for long enough",
	[DRAIN_WAITS_STREAMS] = "long streams",
	[DRAIN_WAITS_EXIT] = "workers to end",
};

static size_t
ports(const struct keeper *k, uint16_t *to)
{
	int i;

	for (i = 0; i < k->slot_count; i++)
		to[i] = k->slots[i].address.port;
	return (size_t)k->slot_count;
}

/* From here on whoever asks for the status can see them. */
static void
show_connections(struct keeper *k)
{
	int fd;

	if ((k->roll = roll_make(&fd)) != NULL)
		keep_tell(k, MESSAGE_CONNECTIONS, 0, 0, "", fd);
	fd_close(&fd);
}

/* Is somebody in a queue that only this worker will serve? */
static bool
is_waited_for(const struct keeper *k, int index)
{
	bool alone = workers_running(k) == 0;
	int i;

	for (i = 0; i < k->slot_count; i++) {
		const struct slot *s = &k->slots[i];

		if ((!s->shared || alone) && connections_queue(s->sockets[s->shared ? 0 : index]) > 0)
			return true;
	}
	return false;
}

/* Some have crashed and are to be started again later: at once, where clients wait for just them. */
static void
serve_who_waits(struct keeper *k)
{
	msec now = clock_now();
	int i;

	for (i = 0; i < k->config->workers; i++)
		if (k->workers[i].start_at != CLOCK_NEVER && is_waited_for(k, i))
			k->workers[i].start_at = now;
	workers_due(k, now);
}

int
leave_watch(struct keeper *k, msec budget)
{
	uint16_t list[KEEP_LISTENERS];
	size_t count = ports(k, list);
	struct drain last = k->drain;
	int i;

	/* of a generation whose workers leave one by one: what was seen of the last one is over */
	if (k->watched)
		connections_free(&k->connections);
	k->watched = false;
	if (connections_open(&k->connections) == -1)
		return -1;
	k->watched = true;
	for (i = 0; i < k->slot_count; i++)
		connections_name(&k->connections, k->slots[i].sockets[0]);
	connections_mark(&k->connections, list, count);
	drain_begin(&k->drain, budget, k->config->quiet, connections_can_shut(), clock_now());
	drain_carry(&k->drain, &last);
	k->look_at = clock_now();
	return 0;
}

void
leave_begin(struct keeper *k, msec budget, bool shared)
{
	int i;

	if (k->phase != KEEP_RUNNING)
		return;
	serve_who_waits(k);
	k->phase = KEEP_LEAVING;
	k->retiring = false;
	k->ask_at = CLOCK_NEVER;
	for (i = 0; i < k->config->workers; i++) {
		k->workers[i].start_at = CLOCK_NEVER;
		fetch_drains(k, i, budget);
	}
	if (workers_running(k) == 0) {
		leave_end(k);
		return;
	}
	if (k->slot_count == 0) {	/* nothing is served: nothing to wait for */
		leave_stop(k);
		return;
	}
	if (leave_watch(k, budget) == 0) {
		k->drain.shared = shared;
		show_connections(k);
	} else
		log_line(LOG_WARNING, "generation %u: its connections cannot be seen here: %m; it "
		    "is left alone for BATON_DRAIN_TIMEOUT", k->config->serial);
}

/* Of a generation that serves on without some of its workers, only those leave. */
static bool
leaves(const struct keeper *k, int index)
{
	return !k->retiring || !places_has(k, index);
}

static int
queued_in(const struct keeper *k, const struct slot *s)
{
	int i, n, all = 0;

	for (i = 0; i < (s->shared ? 1 : k->config->workers); i++)
		if (leaves(k, i) && s->sockets[i] != -1 && (n = connections_queue(s->sockets[i])) > 0)
			all += n;
	return all;
}

static uint32_t
queued(struct keeper *k, const uint16_t *list, size_t count)
{
	int i, all = connections_handshakes(&k->connections, list, count);

	/* after the handshakes: one that ends between the two looks is in the queue then */
	all = all > 0 ? all : 0;
	for (i = 0; i < k->slot_count; i++)
		all += queued_in(k, &k->slots[i]);
	return (uint32_t)all;
}

static void
close_quiet(struct keeper *k, const struct drain_plan *plan)
{
	size_t i;

	for (i = 0; i < k->connections.count && plan->closing > 0; i++) {
		struct connection *c = &k->connections.list[i];

		if (!c->close_now)
			continue;
		if (passage_wants(k, c)) {
			drain_refused(&k->drain, c, false);
			continue;
		}
		carry_forget(&k->carry, c->inode);
		if (connections_shut(c) == -1)
			drain_refused(&k->drain, c, errno == EPERM || errno == ENOSYS);
	}
}

static void
say_state(struct keeper *k, const struct drain_plan *plan)
{
	if (plan->open == k->open && plan->in_flight == k->in_flight)
		return;
	k->open = plan->open;
	k->in_flight = plan->in_flight;
	keep_tell(k, MESSAGE_DRAIN_STATE, (int32_t)plan->in_flight, plan->open,
	    waits[plan->waits_for], -1);
}

void
leave_ask(struct keeper *k, int index)
{
	k->workers[index].signalled = true;
	if (k->phase != KEEP_RUNNING) {	/* all of them: what is held back is let go first */
		carry_stop(&k->carry);
		reckon_asked(k);
	}
	k->workers[index].end_at = clock_now() + k->config->stop_timeout;
	fetch_stops(k, index);
	signals_stop(k, index);
}

/* Whoever stays is none of the drain's business. */
static void
pass_over(struct keeper *k)
{
	size_t i;

	for (i = 0; i < k->connections.count; i++) {
		struct connection *c = &k->connections.list[i];

		c->stays = c->pid != 0 && !leaves(k, c->worker);
	}
}

void
leave_look(struct keeper *k)
{
	uint16_t list[KEEP_LISTENERS];
	size_t count = ports(k, list), i;
	pid_t pids[KEEP_WORKERS];
	struct drain_worker workers[KEEP_WORKERS] = { 0 };
	struct drain_view view = { .workers = workers };
	struct drain_plan plan;

	k->look_at = CLOCK_NEVER;
	if (k->phase != KEEP_LEAVING && !k->retiring)
		return;
	for (i = 0; i < (size_t)k->config->workers; i++) {
		pids[i] = k->workers[i].pid;
		workers[i].signalled = k->workers[i].signalled || pids[i] == 0 ||
		    !leaves(k, (int)i);
	}
	view.worker_count = (size_t)k->config->workers;
	/* the queue first: what is accepted between the two looks is then seen by one of them */
	view.queue = queued(k, list, count);
	connections_look(&k->connections, list, count, pids, view.worker_count, clock_now());
	pass_over(k);
	view.connections = k->connections.list;
	view.count = k->connections.count;
	if (!k->retiring)
		passage_meet(k);
	drain_observe(&k->drain, &view, clock_now(), &plan);
	if (!k->retiring)
		reckon_look(k, &view, &plan);
	close_quiet(k, &plan);
	roll_write(k->roll, &k->drain, view.connections, view.count, clock_now());
	for (i = 0; i < view.worker_count; i++)
		if (workers[i].signal_now)
			leave_ask(k, (int)i);
	k->look_at = plan.look_again;
	if (k->retiring)
		k->in_flight = plan.in_flight;
	else
		say_state(k, &plan);
}

static void
say(struct keeper *k, enum message_type type, int wait_status, const char *why)
{
	int lines = tail_lines(&k->tail);

	keep_tell(k, type, wait_status, k->not_run, why, lines);
	fd_close(&lines);
}

static void
say_failed(struct keeper *k, int wait_status, const char *why)
{
	say(k, MESSAGE_FAILED, wait_status, why);
}

void
leave_fell(struct keeper *k, int wait_status, const char *why)
{
	say(k, MESSAGE_FELL, wait_status, why);
}

void
leave_stop(struct keeper *k)
{
	int i;

	if (k->phase == KEEP_ENDING)
		return;
	if (!k->promoted)
		say_failed(k, 0, "it was stopped before it was ready");
	k->cut += k->in_flight;
	k->phase = KEEP_LEAVING;
	for (i = 0; i < k->config->workers; i++) {
		k->workers[i].start_at = CLOCK_NEVER;
		leave_ask(k, i);
	}
	if (workers_running(k) == 0)
		leave_end(k);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* What became of its connections. */
static void
say_drained(struct keeper *k)
{
	keep_tell(k, MESSAGE_DRAIN_DONE,
	    (int32_t)(k->cut + k->drain.cut + k->drain.late + k->carry.lost), k->drain.closed,
	    "", -1);
	reckon_end(k);
}

void
leave_kill(struct keeper *k)
{
	bool drained = k->phase == KEEP_LEAVING;
	int i;

	passage_end(k);
	k->phase = KEEP_ENDING;
	k->look_at = CLOCK_NEVER;
	k->kill_at = 0;			/* from here on whatever turns up is killed */
	for (i = 0; i < k->config->workers; i++) {
		k->workers[i].start_at = CLOCK_NEVER;
		if (k->workers[i].pid != 0) {
			kill(-k->workers[i].pid, SIGKILL);
			kill(k->workers[i].pid, SIGKILL);
		}
	}
	signals_kill_all();
	if (drained)
		say_drained(k);
}

void
leave_failed(struct keeper *k, int wait_status, const char *why)
{
	if (k->phase == KEEP_ENDING)
		return;
	say_failed(k, wait_status, why);
	k->status = 1;
	leave_kill(k);
}

void
leave_plain(struct keeper *k, int wait_status, const char *why)
{
	say_failed(k, wait_status, why);
	leave_end(k);
}

void
leave_hurry(struct keeper *k)
{
	if (k->phase == KEEP_ENDING && k->kill_at != 0)
		leave_kill(k);
}

void
leave_end(struct keeper *k)
{
	bool drained = k->phase == KEEP_LEAVING;

	passage_end(k);
	k->phase = KEEP_ENDING;
	k->look_at = CLOCK_NEVER;
	if (drained)
		say_drained(k);
	tail_go_on(&k->tail);
	signals_ask_all(k);
	k->kill_at = clock_now() + k->config->stop_timeout;
}

void
leave_due(struct keeper *k, msec now)
{
	if (k->phase != KEEP_ENDING || k->kill_at == 0 || k->kill_at > now)
		return;
	leave_kill(k);
}
