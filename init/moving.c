/* moving.c - which release the live path is to be moved to. No system calls. */
#include "init/moving.h"

void
moving_wish(struct moving *m, int32_t release)
{
	int32_t there = m->busy != 0 ? m->busy : m->published;

	m->next = release == there ? 0 : release;
}

int32_t
moving_due(const struct moving *m)
{
	return m->busy == 0 ? m->next : 0;
}

void
moving_started(struct moving *m)
{
	m->busy = m->next;
	m->next = 0;
}

void
moving_ended(struct moving *m, bool well, bool killed)
{
	if (well)
		m->published = m->busy;
	else if (killed && m->next == 0)
		m->next = m->busy;
	m->busy = 0;
	/* one that failed may have been on its way to somewhere else than where it still is */
	if (m->next == m->published)
		m->next = 0;
}
