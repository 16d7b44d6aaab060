/* mood.c - what one run is like. */
#include <limits.h>

#include "tests/sim/mood.h"

/* Most runs have none of it, some a little, few a lot. */
static int
some_percent(struct random *r, int most)
{
	return random_percent(r, 50) ? 0 : (int)random_upto(r, random_percent(r, 70) ? most / 4 : most);
}

void
mood_draw(struct random *r, struct mood *mood)
{
	static const msec pauses[] = { 10, 1000, 30000, 600000 };

	*mood = (struct mood){
		.bad_release = some_percent(r, 80),
		.failed_launch = some_percent(r, 40),
		.bad_start = some_percent(r, 80),
		.trouble = some_percent(r, 100),
		.deaf = some_percent(r, 100),
		.wedged = some_percent(r, 60),
		.endless = some_percent(r, 100),
		.refused = some_percent(r, 60),
		.sick = some_percent(r, 100),
		.extends = random_percent(r, 30) ? 20 : 0,
		.late = some_percent(r, 50),
		.jump = random_percent(r, 20) ? 1 : 0,
		.repeated = some_percent(r, 60),
		.shutdown = random_percent(r, 40) ? 1 : 0,
		.hurry = some_percent(r, 60),
		.pause = pauses[random_upto(r, 3)],
	};
}

static void
draw_patience(struct random *r, struct patience *p)
{
	p->ready = 100 + random_span(r, 60000);
	p->warm = random_percent(r, 60) ? 0 : random_span(r, 120000);
	p->drain = random_percent(r, 50) ? 30000 : random_span(r, 30000);
	p->stop = random_percent(r, 50) ? 10000 : random_span(r, 20000);
}

static void
draw_canary(struct random *r, struct canary *c)
{
	static const msec spans[] = { 100, 5000, 60000, 600000 };
	int i;

	c->count = random_percent(r, 50) ? 0 : 1 + (int)random_upto(r, CANARY_STEPS - 1);
	for (i = 0; i < c->count; i++)
		c->steps[i] = (struct canary_step){ .share = 1 + (int)random_upto(r, CANARY_ALL - 1),
			.by_source = random_percent(r, 50), .span = 1 + random_span(r, spans[random_upto(r, 3)]) };
}

void
mood_draw_policy(struct random *r, struct policy *p)
{
	*p = (struct policy){
		.ready = 1 + (unsigned)random_upto(r, 2),
		.most_draining = 1 + (int)random_upto(r, random_percent(r, 90) ? 3 : 7),
		.retry = random_span(r, 2000),
		.restart_limit = random_percent(r, 50) ? INT_MAX : 1 + (int)random_upto(r, 20),
		.restart_window = random_span(r, 120000),
		.lameduck = random_percent(r, 70) ? 0 : random_span(r, 10000),
		.patient = random_percent(r, 60),
	};
	draw_patience(r, &p->patience);
	draw_canary(r, &p->canary);
	p->slots = p->most_draining + 2;
	if (random_percent(r, 50))
		p->slots += (int)random_upto(r, SLOTS_MOST - p->slots);
	p->retry_most = p->retry + random_span(r, 60000);
	p->grace = p->patience.stop;
	p->plain_ends = !p->patient && random_percent(r, 20);
	p->silent = p->plain_ends || random_percent(r, 30);
	p->done_ends = !p->patient && random_percent(r, 30);
	p->places = random_percent(r, 60) ? 0 : 1 + (int)random_upto(r, PLACES_MOST - 1);
	if (p->places > 0) {
		p->patience.warm = 0;
		p->canary.count = 0;
	}
	p->max_age = random_percent(r, 80) ? 0 : 1 + random_span(r, 600000);
}
