/* world.c - what happens, and in which order. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/builds/world.h"

enum { DELAY = 1000, FIRST_PAGE = 3, CALM_MS = 20 * 60 * 1000 };

bool builds_fails(int page) { return page % 7 == 5; }
bool builds_hangs(int page) { return page % 11 == 6; }
bool builds_bad(int page) { return page % 5 == 1; }

static bool
is_good(int page)
{
	return !builds_fails(page) && !builds_hangs(page) && !builds_bad(page);
}

void
builds_tell(const struct builds *b, const char *format, ...)
{
	va_list ap;

	if (!b->told)
		return;
	va_start(ap, format);
	printf("%8" PRId64 "  ", b->now);
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
}

void
builds_break(struct builds *b, const char *why)
{
	if (b->broken == NULL)
		b->broken = why;
	builds_tell(b, "BROKEN: %s", why);
}

msec
builds_within(struct builds *b, msec most)
{
	return random_span(&b->random, most);
}

struct thing *
builds_plan(struct builds *b, enum what what, msec in)
{
	int i;

	for (i = 0; i < THINGS - 1 && b->things[i].what != NOTHING; i++)
		;
	if (b->things[i].what != NOTHING)
		builds_break(b, "too much is to happen");
	b->things[i] = (struct thing){ .what = what, .at = b->now + in, .order = ++b->planned };
	return &b->things[i];
}

/* Messages of one channel stay in order: of one kind the one planned first is first. */
static bool
before(const struct thing *x, const struct thing *y)
{
	bool channel = x->what == y->what && (x->what == TO_INIT || x->what == TO_WATCHER);

	if (channel || x->at == y->at)
		return x->order < y->order;
	return x->at < y->at;
}

static struct thing *
next_thing(struct builds *b)
{
	struct thing *next = NULL, *first, *t;

	for (t = b->things; t < b->things + THINGS; t++)
		if (t->what != NOTHING && (next == NULL || t->at < next->at ||
		    (t->at == next->at && t->order < next->order)))
			next = t;
	/* what was said before it goes first */
	for (first = next, t = b->things; next != NULL && t < b->things + THINGS; t++)
		if (t->what == next->what && before(t, first))
			first = t;
	return first;
}

static void
happen(struct builds *b, struct thing t)
{
	switch (t.what) {
	case BUILD_READS:
		if (b->watcher.running && t.whose == b->watcher.build)
			watcher_build_reads(b);
		break;
	case BUILD_ENDS:
		if (b->watcher.running && t.whose == b->watcher.build)
			watcher_build_ended(b, false);
		break;
	case TO_INIT:
		init_hears(b, &t.message);
		break;
	case TO_WATCHER:
		if (b->watcher.alive && t.whose == b->watcher.which)
			watcher_hears(b, &t.message);
		break;
	case WATCHER_STARTS:
		init_begin(b);
		break;
	case GENERATION_SAYS:
		init_event(b, t.event);
		break;
	case STORE_ENDS:
		init_store_ended(b, t.well, !t.well);
		break;
	case NOTHING:
		break;
	}
}

/* --- trouble ---------------------------------------------------------------------------------- */

static void
save_page(struct builds *b, int page)
{
	builds_tell(b, "page %d is saved", page);
	b->sources.page = page;
	watcher_sees(b, false);
}

static void
save(struct builds *b)
{
	if (random_percent(&b->random, 25)) {
		b->sources.template++;
		builds_tell(b, "template %d is saved", b->sources.template);
		watcher_sees(b, true);
	} else
		save_page(b, b->pages++);
}

static void
trouble(struct builds *b)
{
	switch (random_upto(&b->random, 9)) {
	case 0:
		watcher_kill(b);
		break;
	case 1:
		if (b->watcher.running) {
			b->kills++;
			watcher_build_ended(b, true);
		}
		break;
	case 2:
		init_kill_generation(b);
		break;
	case 3:
		if (b->watcher.alive)
			watcher_hears(b, &(struct message){ .type = MESSAGE_BUILD });
		break;
	case 4:
		init_event(b, (struct event){ .type = EVENT_WANTED });
		break;
	case 5:
		if (!b->takes_back && service_can_rollback(&b->service, 0))
			init_event(b, (struct event){ .type = EVENT_ROLLBACK });
		break;
	default:
		save(b);
		break;
	}
}

/* --- time ------------------------------------------------------------------------------------- */

/* Let everything happen that is due until then. */
static void
pass(struct builds *b, msec until)
{
	struct thing *t, one;
	msec at, tick;

	while (b->broken == NULL) {
		b->steps++;
		t = next_thing(b);
		at = t != NULL ? t->at : CLOCK_NEVER;
		tick = service_deadline(&b->service);
		if (watcher_deadline(b) < tick)
			tick = watcher_deadline(b);
		if ((tick < at ? tick : at) > until)
			break;
		if (tick < at) {
			b->now = tick > b->now ? tick : b->now;
			if (watcher_deadline(b) <= b->now)
				watcher_time(b);
			else
				init_event(b, (struct event){ .type = EVENT_TICK });
			continue;
		}
		b->now = at > b->now ? at : b->now;
		one = *t;
		t->what = NOTHING;
		happen(b, one);
	}
	b->now = until;
}

static const struct generation_of *
live(const struct builds *b)
{
	int i;

	for (i = 0; i < KEEPERS; i++)
		if (b->service.live != 0 && b->generations[i].serial == b->service.live)
			return &b->generations[i];
	return NULL;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
check_end(struct builds *b)
{
	const struct generation_of *g = live(b);

	if (b->watcher.running || b->watcher.release.running)
		builds_break(b, "a build never ends");
	else if (g == NULL)
		builds_break(b, "nobody serves at the end");
	else if (b->page_of[g->release] != b->sources.page)
		builds_break(b, "the newest good page is not served");
	else if (g->template != b->sources.template)
		builds_break(b, "the newest template is not served");
	else if (b->moving.published != g->release)
		builds_break(b, "the live path is not at what serves");
}

/* Whoever goes back by hand stays there, though watchers come and go. */
static void
check_rollback(struct builds *b)
{
	int32_t release;

	if (!service_can_rollback(&b->service, 0))
		return;
	init_event(b, (struct event){ .type = EVENT_ROLLBACK });
	pass(b, b->now + CALM_MS);
	if (live(b) == NULL)
		return;
	release = live(b)->release;
	watcher_kill(b);
	pass(b, b->now + CALM_MS);
	if (b->broken == NULL && (live(b) == NULL || b->page_of[live(b)->release] != b->page_of[release]))
		builds_break(b, "a watcher that was started again takes a rollback back");
}

/* The last save is a good page: a new one, or, where nobody rolls back, one that was there before. */
static void
save_last(struct builds *b)
{
	int back = b->sources.page - 1 - (int)random_upto(&b->random, 3);

	pass(b, b->now + DELAY + builds_within(b, 5000));
	while (!is_good(b->pages))
		b->pages++;
	while (back > FIRST_PAGE && !is_good(back))
		back--;
	if (b->takes_back && back >= FIRST_PAGE && is_good(back))
		save_page(b, back);
	else
		save_page(b, b->pages++);
	if (random_percent(&b->random, 30)) {
		b->sources.template++;
		watcher_sees(b, true);
	}
}

/* Even the build of the last save may be killed, or cut off for a template. */
static void
trouble_last(struct builds *b)
{
	int i;

	for (i = (int)random_upto(&b->random, 3); i > 0 && b->broken == NULL; i--) {
		pass(b, b->now + builds_within(b, 3000));
		/* after that it is taken to be the build's own fault */
		if (!b->watcher.running || b->watcher.release.lost == RELEASE_LOSSES)
			continue;
		if (random_percent(&b->random, 50)) {
			b->kills++;
			watcher_build_ended(b, true);
		} else {
			b->sources.template++;
			watcher_sees(b, true);
		}
	}
}

static void
begin(struct builds *b, uint64_t seed)
{
	static const struct policy policy = {
		.patience = { .ready = 60000, .warm = 0, .drain = 30000, .stop = 10000 },
		.ready = READY_BY_PROBE, .slots = 4, .most_draining = 2, .retry = 100,
		.retry_most = 30000, .restart_limit = 3, .restart_window = 60000, .grace = 10000,
		.patient = true,
	};
	bool told = b->told;

	memset(b, 0, sizeof(*b));
	b->told = told;
	b->seed = seed;
	random_seed(&b->random, seed);
	b->now = 1000;
	b->pages = FIRST_PAGE;
	b->next_number = 1;
	b->takes_back = random_percent(&b->random, 50);
	b->watcher.rules = (struct release_rules){
		.delay = DELAY, .busy_restart = random_percent(&b->random, 30),
	};
	b->sources.page = b->pages++;
	service_begin(&b->service, &policy);
	init_event(b, (struct event){ .type = EVENT_LISTENING });
	init_begin(b);
}

void
builds_run(struct builds *b, uint64_t seed)
{
	int troubles, pace;

	begin(b, seed);
	pace = (int)random_upto(&b->random, 2);
	for (troubles = 5 + (int)random_upto(&b->random, 35); troubles > 0 && b->broken == NULL; troubles--) {
		pass(b, b->now + builds_within(b, pace == 0 ? 100 : pace == 1 ? 2000 : 10000));
		trouble(b);
	}
	b->calm = true;
	if (b->broken == NULL)
		save_last(b);
	if (b->broken == NULL)
		trouble_last(b);
	pass(b, b->now + CALM_MS);
	if (b->broken == NULL)
		check_end(b);
	if (b->broken == NULL && !b->takes_back)
		check_rollback(b);
}
