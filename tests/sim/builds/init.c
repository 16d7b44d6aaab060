/* init.c - PID 1, as building.c, publishing.c and perform.c act on what the real code decides. */
#include <signal.h>

#include "init/newest.h"
#include "tests/sim/builds/world.h"

static void
to_watcher(struct builds *b, struct message m)
{
	struct thing *t;

	if (!b->watcher.alive)
		return;
	t = builds_plan(b, TO_WATCHER, builds_within(b, 20));
	t->message = m;
	t->whose = b->watcher.which;
}

static struct generation_of *
find(struct builds *b, uint32_t serial)
{
	int i;

	for (i = 0; i < KEEPERS; i++)
		if (b->generations[i].serial == serial)
			return &b->generations[i];
	return NULL;
}

static void
says(struct builds *b, uint32_t serial, enum event_type type, int code, msec in)
{
	builds_plan(b, GENERATION_SAYS, in)->event =
	    (struct event){ .type = type, .serial = serial, .code = code };
}

static void
ends(struct builds *b, uint32_t serial, int code, msec in)
{
	struct generation_of *g = find(b, serial);

	if (g == NULL || g->ends)
		return;
	g->ends = true;
	says(b, serial, EVENT_EXITED, code, in);
}

static void
launch(struct builds *b, const struct effect *e)
{
	struct generation_of *g = find(b, 0);

	if (g == NULL) {
		builds_break(b, "more generations than there may be");
		return;
	}
	*g = (struct generation_of){
		.serial = e->serial, .release = e->release, .template = b->sources.template,
	};
	builds_tell(b, "generation %u starts on release %d", e->serial, e->release);
	if (b->page_of[e->release] == 0)
		builds_break(b, "a release that is none is started");
	if (builds_bad(b->page_of[e->release]))
		ends(b, e->serial, 1 << 8, builds_within(b, 2000));
	else
		says(b, e->serial, EVENT_ANNOUNCED, 0, builds_within(b, 2000));
}

static void
promoted(struct builds *b, uint32_t serial)
{
	const struct generation_of *g = find(b, serial);

	b->handoffs++;
	if (g == NULL || builds_bad(b->page_of[g->release]) || builds_fails(b->page_of[g->release]))
		builds_break(b, "one that failed serves");
	else
		b->served[g->release] = true;
}

static void
move(struct builds *b)
{
	struct thing *t;
	int32_t due = moving_due(&b->moving);

	if (due == 0)
		return;
	if (!b->served[due])
		builds_break(b, "the live path goes to a release that never served");
	moving_started(&b->moving);
	t = builds_plan(b, STORE_ENDS, builds_within(b, 4000));
	t->well = b->calm || !random_percent(&b->random, 10);
}

void
init_store_ended(struct builds *b, bool well, bool killed)
{
	moving_ended(&b->moving, well, killed);
	move(b);
}

static void
perform(struct builds *b, const struct effect *e)
{
	switch (e->type) {
	case EFFECT_LAUNCH:
		launch(b, e);
		break;
	case EFFECT_PROBE:
		says(b, e->serial, EVENT_PROBED, e->code, builds_within(b, 500));
		break;
	case EFFECT_PROMOTED:
		promoted(b, e->serial);
		break;
	case EFFECT_PUBLISH:
		moving_wish(&b->moving, e->release);
		break;
	case EFFECT_DRAIN:
	case EFFECT_STOP:
	case EFFECT_KILL:
		ends(b, e->serial, 0, builds_within(b, 1000));
		break;
	case EFFECT_END:
		builds_break(b, "baton ends");
		break;
	case EFFECT_STEER:
	case EFFECT_SHARE:
	case EFFECT_GROW:
	case EFFECT_RETIRE:
	case EFFECT_FLUSH:
	case EFFECT_BAR:
		break;
	}
}

static void
tell_in_use(struct builds *b)
{
	if (!b->watcher.alive || b->service.good == 0 || b->told_in_use == b->service.good)
		return;
	b->told_in_use = b->service.good;
	to_watcher(b, (struct message){ .type = MESSAGE_IN_USE, .release = b->service.good });
}

void
init_event(struct builds *b, struct event e)
{
	static struct plan plan;
	struct generation_of *g;
	int i;

	if (e.type == EVENT_EXITED && (g = find(b, e.serial)) != NULL)
		*g = (struct generation_of){ 0 };
	service_step(&b->service, &e, b->now, &plan);
	for (i = 0; i < plan.count; i++)
		perform(b, &plan.effects[i]);
	b->told_served |= b->service.good != 0 && b->told_newest == b->service.good;
	move(b);
	tell_in_use(b);
}

static void
want(struct builds *b, int32_t release)
{
	if (release != 0) {
		b->told_newest = release;
		b->told_served = b->service.good == release;
	}
	init_event(b, (struct event){ .release = release,
	    .type = b->service.turn == 0 ? EVENT_BOOTED : EVENT_WANTED });
}

void
init_hears(struct builds *b, const struct message *m)
{
	if (newest_wants(m, b->service.wanted, newest_stale(&b->service)) && (m->release != 0 || b->service.turn != 0))
		want(b, m->release);
}

void
init_watcher_died(struct builds *b)
{
	builds_plan(b, WATCHER_STARTS, 100 + builds_within(b, 2000));
	b->told_in_use = 0;
}

/* At the start it is just there; else it is told to catch up. */
void
init_begin(struct builds *b)
{
	bool again = b->watcher.which > 0;

	watcher_start(b);
	tell_in_use(b);
	if (again)
		to_watcher(b, (struct message){ .type = MESSAGE_BUILD, .code = 1,
		    .release = b->told_served ? b->told_newest : 0 });
}

void
init_kill_generation(struct builds *b)
{
	struct generation_of *g = &b->generations[random_upto(&b->random, KEEPERS - 1)];

	if (g->serial == 0)
		return;
	b->kills++;
	builds_tell(b, "generation %u is killed", g->serial);
	ends(b, g->serial, SIGKILL, 0);
}
