/* schedule.c - when requests are due. No system calls. */
#include "tests/load/schedule.h"

void
schedule_begin(struct schedule *s, instant now, double rate, instant duration_us, uint64_t limit)
{
	s->start_us = now;
	s->end_us = duration_us ? now + duration_us : NEVER_US;
	s->interval_us = rate > 0 ? SECOND_US / rate : 0;
	s->taken = 0;
	s->limit = limit ? limit : UINT64_MAX;
}

void
schedule_stop(struct schedule *s, instant now)
{
	if (now < s->end_us)
		s->end_us = now;
}

instant
schedule_next(const struct schedule *s)
{
	instant due;

	if (s->interval_us == 0 || s->taken >= s->limit)
		return NEVER_US;
	due = s->start_us + (instant)((double)s->taken * s->interval_us);
	return due < s->end_us ? due : NEVER_US;
}

bool
schedule_finished(const struct schedule *s, instant now)
{
	if (s->interval_us > 0)
		return schedule_next(s) == NEVER_US;
	return s->taken >= s->limit || now >= s->end_us;
}

bool
schedule_take(struct schedule *s, instant now, instant free_us, instant *due_us)
{
	instant due = s->interval_us > 0 ? schedule_next(s) : free_us;

	if (schedule_finished(s, now) || due > now)
		return false;
	s->taken++;
	*due_us = due;
	return true;
}
