/* judge.c - what a complete response is worth. No system calls. */
#include "tests/load/judge.h"

#include "tests/load/run.h"

static bool
as_expected(const struct run *r, const struct connection *c)
{
	regmatch_t span = { 0 };
	size_t size;
	const char *body;

	if (!r->options->expect)
		return true;
	body = response_body(&c->response, &size);
	span.rm_eo = (regoff_t)size;
	return regexec(&r->expect, body, 1, &span, REG_STARTEND) == 0;
}

/* Count the generation of a complete, good answer, and hold it against what came before. */
static enum outcome
judge_generation(struct run *r, struct connection *c)
{
	uint64_t generation;

	if (!response_number(&c->response, r->options->generation, &generation)) {
		c->response.why = "no generation in it";
		return BAD_CONTENT;
	}
	generations_add(&r->tally.generations, generation);
	if (r->options->ordered && generation < c->floor)
		return BAD_ORDER;
	c->floor = generation;
	return OK;
}

enum outcome
judge(struct run *r, struct connection *c)
{
	if (c->response.status < 200 || c->response.status > 299) {
		r->tally.statuses[c->response.status]++;
		return BAD_STATUS;
	}
	if (!as_expected(r, c)) {
		c->response.why = "not the expected body";
		return BAD_CONTENT;
	}
	return r->options->generation ? judge_generation(r, c) : OK;
}
