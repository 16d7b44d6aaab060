/* passage.c - connections that go on into the next generation: what the keeper does for it. */
#include <errno.h>

#include "base/fd.h"
#include "base/log.h"
#include "handoff/keep.h"

enum { UNDERWAY_MS = 3000 };

void
passage_prepare(struct keeper *k)
{
	carry_prepare(&k->carry);
	deliver_prepare(&k->deliver);
}

/* --- who leaves ------------------------------------------------------------------------------- */

/* What was carried here and nobody has accepted yet goes on with the others. */
static void
pass_on(struct keeper *k)
{
	int64_t number;
	int fd;

	while (k->deliver.count > 0 && k->carry.count < CARRY_MOST) {
		fd = deliver_take(&k->deliver, &number);
		carry_take_over(&k->carry, fd, (uint64_t)number);
	}
}

void
passage_to(struct keeper *k, int channel)
{
	carry_go_to(&k->carry, channel);
	pass_on(k);
}

void
passage_meet(struct keeper *k)
{
	if (!k->config->carry || k->carry.current == -1)
		return;
	pass_on(k);
	if (carry_meet(&k->carry, &k->connections, clock_now()) == -1)
		log_line(LOG_WARNING, "generation %u: connections cannot be carried here (no "
		    "ptrace, or no /proc): they drain (BATON_CONNECTIONS)", k->config->serial);
}

void
passage_look(struct keeper *k)
{
	pid_t pids[KEEP_WORKERS];
	uint32_t before = k->carry.carried;
	bool refused = k->carry.refused;
	int i;

	for (i = 0; i < k->config->workers; i++)
		pids[i] = k->workers[i].pid;
	carry_look(&k->carry, &k->connections, pids, (size_t)k->config->workers, clock_now());
	if (k->carry.refused && !refused && k->phase == KEEP_LEAVING)
		log_line(LOG_WARNING, "generation %u: its connections cannot be taken from its "
		    "workers here: they drain (BATON_CONNECTIONS)", k->config->serial);
	/* the last one may be all that was waited for */
	if (k->carry.carried != before && k->look_at > clock_now())
		k->look_at = clock_now();
}

bool
passage_wants(const struct keeper *k, const struct connection *c)
{
	return connection_quiet(c) < k->config->quiet && carry_wants(&k->carry, c->inode);
}

void
passage_hear_back(struct keeper *k, int channel)
{
	carry_hear(&k->carry, channel);
	if (k->look_at != CLOCK_NEVER)
		k->look_at = clock_now();
}

void
passage_end(struct keeper *k)
{
	carry_stop(&k->carry);
	k->carry_until = clock_now() + UNDERWAY_MS;
}

bool
passage_is_over(struct keeper *k)
{
	if (carry_underway(&k->carry) == 0)
		return true;
	if (clock_now() < k->carry_until)
		return false;
	carry_give_up(&k->carry);
	return true;
}

/* --- who serves ------------------------------------------------------------------------------- */

void
passage_from(struct keeper *k, int channel)
{
	int i;

	for (i = 0; i < k->config->workers; i++)
		if (k->workers[i].notify != -1 && deliver_can(k->workers[i].notify)) {
			deliver_from(&k->deliver, channel);
			return;
		}
	fd_close(&channel);
}

void
passage_consider(struct keeper *k, int index, const struct trap_call *asked)
{
	int notify = k->workers[index].notify, slot = -1;

	if (k->deliver.count > 0 && k->phase == KEEP_RUNNING)
		slot = calls_slot(k, index, asked->pid, (int)asked->args[0]);
	if (slot == -1 ||
	    !deliver_answer(&k->deliver, notify, asked, &k->slots[slot].address))
		trap_go_on(notify, asked->id);
}
