/* story.c - what the tests of a service share. */
#include <criterion/criterion.h>

#include "tests/unit/story.h"

const struct policy policy = {
	.patience = { .ready = 60000, .warm = 0, .drain = 30000, .stop = 10000 },
	.ready = READY_BY_NOTIFY | READY_BY_PROBE,
	.slots = 4, .most_draining = 2,
	.retry = 100, .retry_most = 30000, .restart_limit = 3, .restart_window = 60000,
	.grace = 10000,
};

struct plan plan;

void
happen(struct service *s, enum event_type type, uint32_t serial, int32_t release, int code,
    msec now)
{
	struct event e = { .type = type, .serial = serial, .release = release, .code = code };

	service_step(s, &e, now, &plan);
}

const struct effect *
effect(enum effect_type type)
{
	int i;

	for (i = 0; i < plan.count; i++)
		if (plan.effects[i].type == type)
			return &plan.effects[i];
	return NULL;
}

struct service
serving(const struct policy *p)
{
	struct service s;

	service_begin(&s, p);
	happen(&s, EVENT_LISTENING, 0, 0, 0, 0);
	happen(&s, EVENT_BOOTED, 0, 1, 0, 0);
	happen(&s, EVENT_PROBED, 1, 0, 0, 100);
	cr_assert_eq(s.live, 1);
	return s;
}

struct service
starting(const struct policy *p)
{
	struct service s;

	service_begin(&s, p);
	happen(&s, EVENT_BOOTED, 0, 0, 0, 0);
	cr_assert_eq(s.candidate, 1);
	return s;
}

void
hand_over(struct service *s, int32_t release, msec now)
{
	uint32_t next = s->next_serial;

	happen(s, EVENT_WANTED, 0, release, 0, now);
	cr_assert_eq(s->candidate, next);
	happen(s, EVENT_PROBED, next, 0, 0, now + 10);
	cr_assert_eq(s->live, next);
}
