/* building.c - PID 1's side of the watcher. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/building.h"
#include "init/control.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/report.h"

enum { FIRST_DELAY = 100, MOST_DELAY = 30000, DOUBLINGS = 8 };

static bool
asked_for(const struct init *init)
{
	return init->options->watch != NULL || init->options->build != NULL;
}

void
building_begin(struct init *init)
{
	char live[16];
	char *argv[] = { (char *)"baton", (char *)"watch", live, NULL };

	if (!asked_for(init) || init->state.watch.pid != 0)
		return;
	snprintf(live, sizeof(live), "%d", init->state.published);
	init->state.watch.start_at = 0;
	init->state.in_use_told[0] = '\0';
	if (init->options->build != NULL)
		init->state.build.state = BUILD_IDLE;
	helpers_start(init, HELPER_WATCH, argv);
}

int
building_ask(struct init *init, const char *trigger)
{
	struct message m = { .type = MESSAGE_BUILD };

	if (init->options->build == NULL || init->state.watch.channel == -1)
		return -1;
	text_copy(m.text, sizeof(m.text), trigger);
	return wire_send(init->state.watch.channel, &m, -1);
}

/* The turn of the service that the request about to be stepped will have. */
static uint32_t
next_turn(const struct init *init)
{
	uint32_t turn = init->state.service.turn;
	int i;

	for (i = 0; i < init->event_count; i++) {
		enum event_type type = init->events[(init->first_event + i) % EVENTS_MOST].type;

		turn += type == EVENT_WANTED || type == EVENT_BOOTED || type == EVENT_ROLLBACK;
	}
	return turn;
}

static void
want(struct init *init, int32_t release)
{
	bool first = init->state.service.turn == 0;

	init_event(init, (struct event){ .type = first ? EVENT_BOOTED : EVENT_WANTED,
	    .release = release });
}

static void
finish(struct init *init, const struct message *m, enum build_result result)
{
	struct build_record *b = &init->state.build;

	b->state = BUILD_IDLE;
	b->last_result = result;
	b->last_ms = clock_now() - b->started;
	text_copy(b->why, sizeof(b->why), result == RESULT_FAILED ? m->text : "");
	report_build(init, m->release, result, b->last_ms, m->text);
}

void
building_hear(struct init *init, const struct message *m, int fd)
{
	struct build_record *b = &init->state.build;

	switch (m->type) {
	case MESSAGE_BUILD_STARTED:
		b->state = BUILD_RUNNING;
		b->number = m->release;
		b->started = clock_now();
		text_copy(b->trigger, sizeof(b->trigger), m->text);
		control_build_began(init, m->release);
		report_build_began(init, m->release, m->text);
		break;
	case MESSAGE_BUILT:
		if (m->release != 0)
			finish(init, m, RESULT_BUILT);
		want(init, m->release);
		control_build_ended(init, m->release, 0, next_turn(init), "");
		break;
	case MESSAGE_BUILD_SAME:
		finish(init, m, RESULT_SAME);
		control_build_ended(init, b->number, 0, 0, "");
		break;
	case MESSAGE_BUILD_FAILED:
		finish(init, m, RESULT_FAILED);
		control_step(init, "the last lines of the build:", fd);
		control_build_ended(init, b->number, 1, 0, m->text);
		break;
	default:
		break;
	}
}

void
building_ended(struct init *init, int status)
{
	struct helper *h = &init->state.watch;
	msec delay = FIRST_DELAY;
	int i;

	if (init->state.build.state == BUILD_RUNNING) {
		init->state.build.state = BUILD_IDLE;
		control_build_ended(init, init->state.build.number, 1, 0, "the watcher ended");
	}
	if (init->state.service.stopping)
		return;
	for (i = 0; i < DOUBLINGS && i < h->starts - 1; i++)
		delay *= 2;
	delay = delay < MOST_DELAY ? delay : MOST_DELAY;
	h->start_at = clock_now() + delay;
	log_line(LOG_ERROR, "the watcher ended (wait status %d): started again in %lld ms", status,
	    (long long)delay);
}

static void
add_release(char *text, size_t size, int32_t release, bool *fits)
{
	if (release != 0 && text_append(text, size, "%s%d", text[0] == '\0' ? "" : " ",
	    release) == -1)
		*fits = false;
}

/* All that a generation runs, and what a rollback goes back to. False when there is no room. */
static bool
list_in_use(char *text, size_t size, const struct service *s)
{
	bool fits = true;
	int i;

	text[0] = '\0';
	add_release(text, size, s->good, &fits);
	add_release(text, size, s->before, &fits);
	for (i = 0; i < GENERATIONS; i++)
		if (generation_exists(&s->generations[i]))
			add_release(text, size, s->generations[i].release, &fits);
	return fits;
}

void
building_settle(struct init *init)
{
	struct state *st = &init->state;
	struct message m = { .type = MESSAGE_IN_USE, .release = st->service.good };

	if (st->watch.pid == 0 && st->watch.start_at != 0 && st->watch.start_at <= clock_now())
		building_begin(init);
	if (st->watch.channel == -1 || m.release == 0 ||
	    !list_in_use(m.text, sizeof(m.text), &st->service) ||
	    strcmp(st->in_use_told, m.text) == 0)
		return;
	if (wire_send(st->watch.channel, &m, -1) == 0)
		text_copy(st->in_use_told, sizeof(st->in_use_told), m.text);
}
