/* boundary.c - may this connection be carried to another process now? No system calls. */
#include "handoff/boundary.h"
#include "handoff/request.h"

static enum verdict
never(struct boundary *b)
{
	b->never = true;
	return BOUNDARY_NEVER;
}

void
boundary_forget(struct boundary *b)
{
	b->anchored = false;
	b->chain = b->looks = 0;
}

/*
 * The request that was seen waiting still waits. Whoever writes now was not asked for that, or had
 * not finished; what came behind it came before its answer.
 */
static enum verdict
still_waits(struct boundary *b, const struct glimpse *g)
{
	if (g->sent != b->sent || g->unread != b->length)
		return never(b);
	b->looks++;
	return b->chain >= BOUNDARY_CHAIN ? BOUNDARY_CARRY : BOUNDARY_SERVE;
}

static enum verdict
begins_to_wait(struct boundary *b, const struct glimpse *g, int chain)
{
	b->anchored = true;
	b->read = g->read;
	b->sent = g->sent;
	b->length = g->unread;
	b->chain = chain;
	b->looks = 1;
	return BOUNDARY_HOLD;
}

/* Bytes wait, `chain` exact exchanges after the first: what are they? */
static enum verdict
judge(struct boundary *b, const struct glimpse *g, int chain)
{
	switch (request_look(g->bytes, g->unread)) {
	case REQUEST_WHOLE:
		/* one that is not known to have come after all of the answer does not count */
		return begins_to_wait(b, g, g->arrived && !g->crossed ? chain : 0);
	case REQUEST_PART:
		return BOUNDARY_PART;
	case REQUEST_DOUBTFUL:
		if (!b->anchored && ++b->doubts < BOUNDARY_DOUBTS)
			return BOUNDARY_DOUBT;
		break;
	}
	return never(b);
}

/* All of the request was read, and not a byte more. */
static enum verdict
was_read(struct boundary *b, const struct glimpse *g)
{
	if (g->unread == 0)
		return BOUNDARY_WAIT;
	/* unanswered, or it was told to go on: then these are no request, or the client overlaps them */
	if (g->sent - b->sent < BOUNDARY_SHORTEST || g->crossed)
		return never(b);
	return judge(b, g, b->chain + 1);
}

enum verdict
boundary_see(struct boundary *b, const struct glimpse *g)
{
	uint64_t done;

	if (b->never || !g->open || g->unread > BOUNDARY_LONGEST ||
	    (b->anchored && (g->read < b->read || g->sent < b->sent)))
		return never(b);
	done = g->read - b->read;
	if (b->anchored && done == 0)
		return still_waits(b, g);
	if (b->anchored && done == b->length)
		return was_read(b, g);
	if (b->anchored && done < b->length)
		return done + g->unread == b->length ? BOUNDARY_WAIT : never(b);
	boundary_forget(b);		/* more was read than was seen */
	return g->unread == 0 ? BOUNDARY_WAIT : judge(b, g, 0);
}
