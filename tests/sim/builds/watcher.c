/* watcher.c - the watcher, as watch.c acts on what the real code decides. */
#include "tests/sim/builds/world.h"

static void step(struct builds *b, enum release_event event);

static void
send(struct builds *b, struct message m)
{
	builds_plan(b, TO_INIT, builds_within(b, 20))->message = m;
}

static bool
changed(const struct builds *b)
{
	const struct watcher *w = &b->watcher;

	return b->sources.page != w->taken.page ||
	    b->sources.template != w->taken.template;
}

static void
take(struct builds *b)
{
	b->watcher.taken = b->sources;
}

void
watcher_sees(struct builds *b, bool reload_only)
{
	struct watcher *w = &b->watcher;

	if (!w->alive)
		return;
	intent_change(&w->intent, reload_only);
	w->noticed = true;
	if (w->running && !w->rules.busy_restart) {
		w->judge_at = b->now + w->rules.delay;
		return;
	}
	w->noticed = false;
	if (!w->running || changed(b))
		step(b, RELEASE_CHANGED);
}

static void
build(struct builds *b)
{
	struct watcher *w = &b->watcher;
	msec takes = builds_within(b, 3000);

	if (intent_begin(&w->intent, true, &w->told) == INTENT_RELOAD) {
		take(b);
		send(b, (struct message){ .type = MESSAGE_BUILT });
		step(b, RELEASE_ENDED);
		return;
	}
	if (++b->at_once > 1)
		builds_break(b, "two builds at once");
	b->builds++;
	w->running = true;
	w->dropped = false;
	w->number = b->next_number++;
	w->page = 0;
	send(b, (struct message){ .type = MESSAGE_BUILD_STARTED, .release = w->number });
	take(b);
	w->build++;
	builds_plan(b, BUILD_READS, takes / 2)->whose = w->build;
	builds_plan(b, BUILD_ENDS, takes)->whose = w->build;
	builds_tell(b, "build %d begins", w->number);
}

void
watcher_build_reads(struct builds *b)
{
	enum { TIMEOUT = 10000 };
	struct watcher *w = &b->watcher;
	int i;

	w->page = b->sources.page;
	if (!builds_hangs(w->page))
		return;
	for (i = 0; i < THINGS; i++)
		if (b->things[i].what == BUILD_ENDS && b->things[i].whose == w->build)
			b->things[i].at += TIMEOUT;
}

static uint64_t
digest(const struct builds *b, int32_t release)
{
	return (uint64_t)b->page_of[release];
}

static enum intent_result
result(struct builds *b, bool killed, struct message *m)
{
	struct watcher *w = &b->watcher;
	struct intent_release live = { w->live, digest(b, w->live) };
	struct intent_release told = { w->told, digest(b, w->told) };
	int32_t same;

	*m = (struct message){ .type = MESSAGE_BUILD_FAILED, .release = w->number };
	if (w->dropped || killed)
		return INTENT_LOST;
	if (builds_fails(w->page) || builds_hangs(w->page))
		return INTENT_FAILED;
	same = intent_same((uint64_t)w->page, live, told);
	m->type = same != 0 ? MESSAGE_BUILD_SAME : MESSAGE_BUILT;
	if (same == 0) {
		b->page_of[w->number] = w->page;
		return INTENT_BUILT;
	}
	m->release = same;
	m->code = same != w->live;
	return INTENT_SAME;
}

void
watcher_build_ended(struct builds *b, bool killed)
{
	struct watcher *w = &b->watcher;
	enum intent_result came;
	struct message m;

	b->at_once--;
	if (w->page == 0)
		w->page = b->sources.page;
	came = result(b, killed, &m);
	builds_tell(b, "build %d of page %d ends: %s %d", w->number, w->page,
	    came == INTENT_BUILT ? "built" : came == INTENT_SAME ? "same as" :
	    came == INTENT_LOST ? "lost" : "failed", m.release);
	send(b, m);
	w->running = false;
	w->build++;
	if (intent_end(&w->intent, came))
		send(b, (struct message){ .type = MESSAGE_BUILT });
	w->noticed = false;
	w->judge_at = CLOCK_NEVER;
	if (changed(b))
		intent_doubt(&w->intent);
	if (w->intent.again && came != INTENT_LOST)
		step(b, RELEASE_CHANGED);
	intent_nothing(&w->intent);
	step(b, came == INTENT_LOST && !w->dropped ? RELEASE_LOST : RELEASE_ENDED);
}

static void
step(struct builds *b, enum release_event event)
{
	struct watcher *w = &b->watcher;

	switch (release_step(&w->release, &w->rules, event, b->now)) {
	case RELEASE_STAY:
		break;
	case RELEASE_BUILD:
		build(b);
		break;
	case RELEASE_END:
		w->dropped = true;
		break;
	}
	if (w->dropped && w->running && w->release.ending) {
		w->build++;		/* what it would still have done is off */
		builds_plan(b, BUILD_ENDS, builds_within(b, 50))->whose = w->build;
	}
}

void
watcher_hears(struct builds *b, const struct message *m)
{
	struct watcher *w = &b->watcher;

	if (m->type == MESSAGE_IN_USE)
		w->live = m->release;
	if (m->type != MESSAGE_BUILD)
		return;
	intent_ask(&w->intent, m->code == 1, m->release, true);
	step(b, RELEASE_ASKED);
}

msec
watcher_deadline(const struct builds *b)
{
	const struct watcher *w = &b->watcher;
	msec at;

	if (!w->alive)
		return CLOCK_NEVER;
	at = release_deadline(&w->release, &w->rules);
	return w->judge_at < at ? w->judge_at : at;
}

/* Quiet for the delay: now what changed is read, once. */
static enum release_event
decide(struct builds *b)
{
	struct watcher *w = &b->watcher;

	if (release_state(&w->release) != RELEASE_WAITING || changed(b) || w->intent.again)
		return RELEASE_TIME;
	intent_nothing(&w->intent);
	return RELEASE_SAME;
}

void
watcher_time(struct builds *b)
{
	struct watcher *w = &b->watcher;

	if (b->now >= w->judge_at) {
		w->judge_at = CLOCK_NEVER;
		w->noticed = false;
		if (changed(b))
			intent_doubt(&w->intent);
	}
	if (b->now >= release_deadline(&w->release, &w->rules))
		step(b, decide(b));
}

void
watcher_start(struct builds *b)
{
	struct watcher *w = &b->watcher;
	struct release_rules rules = w->rules;
	int which = w->which, number = w->build;

	*w = (struct watcher){ .alive = true, .which = which + 1, .build = number, .rules = rules };
	release_init(&w->release);
	w->judge_at = CLOCK_NEVER;
	w->live = b->moving.published;
	take(b);
	if (w->live != 0)
		return;
	intent_ask(&w->intent, false, 0, false);
	step(b, RELEASE_ASKED);
}

/* Its build ends with it. */
void
watcher_kill(struct builds *b)
{
	struct watcher *w = &b->watcher;

	if (!w->alive)
		return;
	b->kills++;
	b->at_once -= w->running;
	w->running = w->alive = false;
	w->build++;
	builds_tell(b, "the watcher dies");
	init_watcher_died(b);
}
