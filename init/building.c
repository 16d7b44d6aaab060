/* building.c - PID 1's side of the watcher. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/building.h"
#include "init/control.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/newest.h"
#include "init/publishing.h"
#include "init/report.h"

enum { FIRST_DELAY = 100, MOST_DELAY = 30000, DOUBLINGS = 8, LONG_ENOUGH = 5000 };

static bool
asked_for(const struct init *init, const struct served *sv)
{
	return init_options(init, sv)->watch != NULL || init_options(init, sv)->build != NULL;
}

/* When to start it again: each time later. Returns in how many milliseconds. */
static msec
again_later(struct helper *h)
{
	msec delay = FIRST_DELAY;
	int i;

	for (i = 0; i < DOUBLINGS && i < h->starts - 1; i++)
		delay *= 2;
	delay = delay < MOST_DELAY ? delay : MOST_DELAY;
	h->start_at = clock_now() + delay;
	return delay;
}

/*
 * One that is started again looks at the sources as they are now: what changed before that and was
 * not built yet it cannot see. So it builds once; what comes out the same as last time is no news,
 * if that has served: it may have been taken back by hand since.
 */
static void
catch_up(const struct served *sv)
{
	struct message m = { .type = MESSAGE_BUILD, .code = 1 };

	m.release = sv->build.told_served ? sv->build.told : 0;
	text_copy(m.text, sizeof(m.text), "the watcher was started again");
	wire_send(sv->watch.channel, &m, -1);
}

void
building_begin(struct init *init, struct served *sv)
{
	char live[16];
	char *argv[] = { (char *)"baton", (char *)"watch", sv->name, live, NULL };

	if (!asked_for(init, sv) || sv->watch.pid != 0)
		return;
	snprintf(live, sizeof(live), "%d", sv->published);
	sv->watch.start_at = 0;
	sv->in_use_told[0] = '\0';
	if (init_options(init, sv)->build != NULL)
		sv->build.state = BUILD_IDLE;
	if (helpers_start(sv, HELPER_WATCH, argv) == -1) {
		sv->watch.starts++;
		again_later(&sv->watch);
		return;
	}
	sv->watch.began = clock_now();
	if (sv->watch.starts > 1)
		catch_up(sv);
}

int
building_ask(struct init *init, struct served *sv, const char *trigger)
{
	struct message m = { .type = MESSAGE_BUILD };

	if (init_options(init, sv)->build == NULL || sv->watch.channel == -1)
		return -1;
	text_copy(m.text, sizeof(m.text), trigger);
	return wire_send(sv->watch.channel, &m, -1);
}

int
building_show_log(const struct served *sv, uint32_t client, int32_t number)
{
	const struct message m = { .type = MESSAGE_SHOW_LOG, .serial = client, .release = number };

	return sv->watch.channel == -1 ? -1 : wire_send(sv->watch.channel, &m, -1);
}

/* The turn of the service that the request about to be stepped will have. */
static uint32_t
next_turn(const struct init *init, const struct served *sv)
{
	uint32_t turn = sv->service.turn;
	int i;

	for (i = 0; i < init->event_count; i++) {
		const struct waiting *w =
		    &init->events[(init->first_event + i) % EVENTS_MOST];

		turn += w->served == sv && (w->event.type == EVENT_WANTED ||
		    w->event.type == EVENT_BOOTED || w->event.type == EVENT_ROLLBACK);
	}
	return turn;
}

/* The release that the newest of all requests asks for, those not stepped yet included. */
static int32_t
heading(const struct init *init, const struct served *sv)
{
	int32_t release = sv->service.wanted;
	int i;

	if (publishing_unites(sv) != 0)
		return publishing_unites(sv);
	for (i = 0; i < init->event_count; i++) {
		const struct waiting *w =
		    &init->events[(init->first_event + i) % EVENTS_MOST];

		if (w->served == sv && w->event.release != 0 &&
		    (w->event.type == EVENT_WANTED || w->event.type == EVENT_BOOTED))
			release = w->event.release;
	}
	return release;
}

static void
want(struct init *init, struct served *sv, int32_t release)
{
	bool first = sv->service.turn == 0;

	init_event(init, sv, (struct event){ .type = first ? EVENT_BOOTED : EVENT_WANTED,
	    .release = release });
}

static void
finish(struct init *init, struct served *sv, const struct message *m, enum build_result result)
{
	struct build_record *b = &sv->build;

	b->state = BUILD_IDLE;
	b->last_result = result;
	b->last_ms = clock_now() - b->started;
	text_copy(b->why, sizeof(b->why), result == RESULT_FAILED ? m->text : "");
	report_build(init, sv, m->release, result, b->last_ms, m->text);
}

void
building_go_on(struct init *init, struct served *sv, int32_t release)
{
	want(init, sv, release);
	control_build_ended(init, sv, release != 0 ? release : sv->build.number, 0,
	    next_turn(init, sv), "");
}

void
building_hear(struct init *init, struct served *sv, const struct message *m, int fd)
{
	struct build_record *b = &sv->build;

	switch (m->type) {
	case MESSAGE_BUILD_STARTED:
		b->state = BUILD_RUNNING;
		b->number = m->release;
		b->started = clock_now();
		text_copy(b->trigger, sizeof(b->trigger), m->text);
		control_build_began(init, sv, m->release, fd);
		report_build_began(init, sv, m->release, m->text);
		break;
	case MESSAGE_BUILT:
		/* a reload is no build's end */
		if (m->release == 0 && b->state != BUILD_RUNNING) {
			want(init, sv, 0);
			break;
		}
		finish(init, sv, m, RESULT_BUILT);
		b->told = m->release;
		b->told_served = false;
		if (m->release == 0 || publishing_unite(init, sv, m->release) == -1)
			building_go_on(init, sv, m->release);
		break;
	case MESSAGE_BUILD_SAME:
		finish(init, sv, m, RESULT_SAME);
		if (!newest_wants(m, heading(init, sv),
		    init_options(init, sv)->reload_only != NULL && newest_stale(&sv->service))) {
			control_build_ended(init, sv, b->number, 0, 0, "");
			break;
		}
		b->told = m->release;
		b->told_served = true;
		/* what is older and still waits for the store comes before it */
		publishing_hurry(init, sv);
		want(init, sv, m->release);
		control_build_ended(init, sv, b->number, 0, next_turn(init, sv), "");
		break;
	case MESSAGE_BUILD_FAILED:
		finish(init, sv, m, RESULT_FAILED);
		control_build_lines(init, sv, fd);
		control_build_ended(init, sv, b->number, 1, 0, m->text);
		break;
	case MESSAGE_LOG:
		control_log(init, sv, m, fd);
		break;
	default:
		break;
	}
}

void
building_ended(struct init *init, struct served *sv, int status)
{
	if (sv->build.state == BUILD_RUNNING) {
		sv->build.state = BUILD_IDLE;
		control_build_ended(init, sv, sv->build.number, 1, 0, "the watcher ended");
	}
	/* nor will one begin that it was only asked for */
	control_build_ended(init, sv, 0, 1, 0, "the watcher ended");
	control_watcher_ended(init, sv);
	if (sv->service.stopping)
		return;
	/* it was well for a while: what ended it is no reason to wait longer each time */
	if (clock_now() - sv->watch.began >= LONG_ENOUGH)
		sv->watch.starts = 1;
	log_line(LOG_ERROR, "the watcher ended (wait status %d): started again in %lld ms", status,
	    (long long)again_later(&sv->watch));
}

static bool
is_listed(const char *text, int32_t release)
{
	char *end;

	for (; *text != '\0'; text = end)
		if (strtol(text, &end, 10) == release)
			return true;
	return false;
}

static void
add_release(char *text, size_t size, int32_t release, bool *fits)
{
	if (release != 0 && !is_listed(text, release) && text_append(text, size, "%s%d", text[0] == '\0' ? "" : " ",
	    release) == -1)
		*fits = false;
}

bool
building_in_use(const struct served *sv, char *text, size_t size)
{
	const struct service *s = &sv->service;
	bool fits = true;
	int i;

	text[0] = '\0';
	add_release(text, size, s->good, &fits);
	add_release(text, size, s->before, &fits);
	add_release(text, size, s->wanted, &fits);
	add_release(text, size, sv->published, &fits);
	add_release(text, size, sv->publish_next, &fits);
	for (i = 0; i < GENERATIONS; i++)
		if (generation_exists(&s->generations[i]))
			add_release(text, size, s->generations[i].release, &fits);
	return fits;
}

/* Is there one in `before` that `now` has not? */
static bool
one_left(const char *before, const char *now)
{
	char *end;

	for (; *before != '\0'; before = end)
		if (!is_listed(now, (int32_t)strtol(before, &end, 10)))
			return true;
	return false;
}

void
building_settle(struct init *init, struct served *sv)
{
	struct message m = { .type = MESSAGE_IN_USE, .release = sv->service.good };

	sv->build.told_served |= sv->build.told != 0 && sv->build.told == sv->service.good;
	if (sv->watch.pid == 0 && sv->watch.start_at != 0 && sv->watch.start_at <= clock_now())
		building_begin(init, sv);
	if (sv->watch.channel == -1 || m.release == 0)
		return;
	/* more than can be said: nothing is pruned until it is less */
	if (!building_in_use(sv, m.text, sizeof(m.text)))
		m.text[0] = '\0';
	if (strcmp(sv->in_use_told, m.text) == 0 || wire_send(sv->watch.channel, &m, -1) == -1)
		return;
	if (one_left(sv->in_use_told, m.text))
		publishing_unite(init, sv, 0);
	text_copy(sv->in_use_told, sizeof(sv->in_use_told), m.text);
}
