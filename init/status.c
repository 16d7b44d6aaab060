/* status.c - the state of the running baton, for people. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "handoff/canary.h"
#include "init/observe.h"
#include "init/print.h"
#include "init/rolls.h"
#include "init/status.h"

static const char *
colour_of(enum generation_state state)
{
	switch (state) {
	case GENERATION_SERVING:
		return "\033[32m";
	case GENERATION_STARTING:
	case GENERATION_READY:
		return "\033[36m";
	case GENERATION_DRAINING:
	case GENERATION_STOPPING:
		return "\033[33m";
	case GENERATION_NONE:
	case GENERATION_STATES:
		break;
	}
	return "";
}

static void
number_or_dash(char *to, size_t size, int64_t number)
{
	if (number < 0)
		text_copy(to, size, "-");
	else
		snprintf(to, size, "%lld", (long long)number);
}

static void
print_head(const struct state *st)
{
	char up[32];

	print_span(up, sizeof(up), st->now - st->booted);
	printf("baton %s, pid %d, up %s%s%s", st->version, (int)st->pid, up,
	    st->tier[0] != '\0' ? ", " : "", st->tier);
	print_span(up, sizeof(up), st->now - st->upgraded);
	if (st->upgrades > 0)
		printf(", upgraded from %s %s ago", st->upgraded_from, up);
	putchar('\n');
}

static void
print_state(const struct served *sv, bool named, bool colours)
{
	const char *shown = sv->over ? "ended" : service_shown(&sv->service);

	printf("%s%s%s%s%s", named ? sv->name : "", named ? ": " : "", colours ? "\033[1m" : "",
	    shown, colours ? "\033[0m" : "");
	if (sv->over)
		printf(" with status %d", sv->status);
	if (sv->last_failure[0] != '\0' && sv->failure_serial > sv->service.live) {
		printf("; generation %u: ", sv->failure_serial);
		print_safe(stdout, sv->last_failure);
	}
	printf("\n\n");
}

static void
print_canary(const struct state *st, const struct service *s)
{
	const struct canary_step *step = canary_now(s);
	char left[32], share[16];

	if (step == NULL)
		return;
	print_share(share, sizeof(share), step->share);
	print_span(left, sizeof(left), s->step_until > st->now ? s->step_until - st->now : 0);
	printf("canary: %s%s to generation %u for another %s\n\n", share, step->by_source ? " by source" : "",
	    s->candidate, left);
}

static void
print_listeners(const struct served *sv, const struct observer *o)
{
	char address[ADDRESS_TEXT], waiting[16];
	int i;

	if (sv->listener_count == 0)
		printf("no listener yet: no worker has bound an address\n");
	else
		printf("%-26s%6s  %5s\n", "LISTENER", "SLOT", "QUEUE");
	for (i = 0; i < sv->listener_count; i++) {
		const struct listener *l = &sv->listeners[i];

		address_print(address, &l->address);
		number_or_dash(waiting, sizeof(waiting), observe_queue(o, sv, l));
		printf("%-26s%6d  %5s%s%s\n", address, sv->service.steered, waiting,
		    *l->name != '\0' ? "  " : "", l->name);
	}
	putchar('\n');
}

/* In its own words. */
static void
print_says(const struct worker_record *w)
{
	static const char *const names[] = {
		[SAYING_NOTHING] = "", [SAYING_READY] = "", [SAYING_RELOADING] = "reloading",
		[SAYING_STOPPING] = "stopping",
	};
	const char *saying = w->saying <= SAYING_STOPPING ? names[w->saying] : "";

	if (*saying != '\0')
		printf("  says it is %s", saying);
	if (w->status[0] != '\0') {
		printf("%s", *saying != '\0' ? ": " : "  says: ");
		print_safe(stdout, w->status);
	}
}

static void
print_worker(const struct worker_record *w, int index, int64_t rss)
{
	static const char *const ways[] = {
		[ADOPTED_NOT] = "", [ADOPTED_INJECT] = "inject", [ADOPTED_ENV] = "env",
		[ADOPTED_FETCH] = "fetch",
	};
	char memory[16] = "-";

	if (rss >= 0)
		print_bytes(memory, sizeof(memory), rss);
	if (w->pid == 0)
		printf("    worker %-2d  down", index);
	else
		printf("    worker %-2d  pid %-7d  %7s", index, w->pid, memory);
	if (w->restarts > 0)
		printf("  %d restart%s", w->restarts, w->restarts == 1 ? "" : "s");
	if (w->adoption <= ADOPTED_FETCH && *ways[w->adoption] != '\0')
		printf("  %s", ways[w->adoption]);
	print_says(w);
	putchar('\n');
}

/* What a generation that goes away still waits for. */
static void
print_drain(const struct keeper_record *k, const struct roll *roll, bool all)
{
	enum { ROWS = 20 };

	if (k->open == 0 && k->in_flight == 0 && k->waits_for[0] == '\0')
		return;
	printf("    %d open, %d in flight", k->open, k->in_flight);
	if (k->waits_for[0] != '\0') {
		printf("; waits for ");
		print_safe(stdout, k->waits_for);
	}
	putchar('\n');
	if (roll != NULL)
		rolls_print(roll, all ? 0 : ROWS);
}

static void
print_generation(const struct state *st, const struct served *sv, const struct generation *g,
    struct observer *o, bool colours)
{
	const struct keeper_record *k = observe_keeper(sv, g->serial);
	char age[32], left[32] = "", release[16], connections[16] = "-", queue[16] = "-";
	struct observed seen;
	int i;

	if (k != NULL) {
		observe_generation(o, k, &seen);
		number_or_dash(connections, sizeof(connections), seen.connections);
		number_or_dash(queue, sizeof(queue), seen.queue);
	}
	number_or_dash(release, sizeof(release), g->release != 0 ? g->release : -1);
	print_span(age, sizeof(age), st->now - g->started);
	if (g->deadline != CLOCK_NEVER)
		print_span(left, sizeof(left), g->deadline - st->now);
	printf("%-12u%s%-10s%s%7s  %4d  %8s  %8s  %11s  %5s\n", g->serial,
	    colours ? colour_of(g->state) : "", generation_state_name(g->state),
	    colours ? "\033[0m" : "", release, g->slot, age, left, connections, queue);
	if (k == NULL)
		return;
	for (i = 0; i < WORKERS; i++)
		if (k->workers[i].pid != 0 || k->workers[i].restarts != 0)
			print_worker(&k->workers[i], i, seen.rss[i]);
	print_drain(k, rolls_find(o->rolls, (int)(sv - st->services), g->serial), o->all);
}

/* The newest first: that is what people look for. */
static void
print_generations(const struct state *st, const struct served *sv, struct observer *o,
    bool colours)
{
	const struct generation *g, *next;
	uint32_t below = UINT32_MAX;
	int i;

	printf("%-12s%-10s%7s  %4s  %8s  %8s  %11s  %5s\n", "GENERATION", "STATE", "RELEASE",
	    "SLOT", "AGE", "LEFT", "CONNECTIONS", "QUEUE");
	for (;;) {
		next = NULL;
		for (i = 0; i < GENERATIONS; i++) {
			g = &sv->service.generations[i];
			if (generation_exists(g) && g->serial < below &&
			    (next == NULL || g->serial > next->serial))
				next = g;
		}
		if (next == NULL)
			return;
		print_generation(st, sv, next, o, colours);
		below = next->serial;
	}
}

/* What it took and what it cost; - where nobody could count. */
static void
print_handoff(const struct handoff *h)
{
	static const enum figure shown[] = { FIGURE_DRAINED, FIGURE_QUIET, FIGURE_CUT };
	char who[32], took[32] = "-", drain[32] = "-", text[24];
	size_t i;

	snprintf(who, sizeof(who), "%u -> %u", h->old, h->new);
	if (h->total_ms >= 0)
		print_span(took, sizeof(took), h->total_ms);
	printf("%-9u%-14s%-9s", h->number, who, h->warm ? "warm" : took);
	if (h->state == HANDOFF_FAILED) {
		printf("failed: ");
		print_safe(stdout, h->why);
		putchar('\n');
		return;
	}
	if (h->state != HANDOFF_DONE) {
		printf("%s\n", h->state == HANDOFF_RUNS ? "under way" : "the old one is still there");
		return;
	}
	if (h->figures[FIGURE_DRAIN_MS] >= 0)
		print_span(drain, sizeof(drain), h->figures[FIGURE_DRAIN_MS]);
	printf("%4lldus  %-7s", (long long)h->switch_us, drain);
	for (i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		number_or_dash(text, sizeof(text), h->figures[shown[i]]);
		printf("%8s", text);
	}
	number_or_dash(text, sizeof(text), h->dropped);
	printf("%6lld%7s\n", (long long)h->left_behind, text);
}

/* The last few, the newest first. */
static void
print_handoffs(const struct account *a)
{
	enum { SHOWN = 3 };
	const struct handoff *h = account_below(a, UINT32_MAX);
	int i;

	if (h == NULL)
		return;
	printf("\n%-9s%-14s%-9s%-8s%-7s%8s%8s%8s%6s%7s\n", "HANDOFF", "GENERATION", "TOOK",
	    "SWITCH", "DRAIN", "DRAINED", "QUIET", "CUT", "LEFT", "DROPS");
	for (i = 0; h != NULL && i < SHOWN; i++, h = account_below(a, h->number))
		print_handoff(h);
}

static void
print_account(const struct served *sv)
{
	const struct service *s = &sv->service;
	char took[32];

	printf("\nhandoffs   %u done, %u failed, %lld connections left behind", s->done, s->failed,
	    (long long)s->left_behind);
	if (s->done > 0) {
		print_span(took, sizeof(took), s->last_ms);
		printf(", the last took %s", took);
	}
	putchar('\n');
	print_handoffs(&sv->account);
}

static void
print_deposits(const struct served *sv)
{
	const struct deposits *d = &sv->deposits;
	int i;

	if (d->count == 0)
		return;
	printf("stored     %d descriptor%s:", d->count, d->count == 1 ? "" : "s");
	for (i = 0; i < d->count; i++) {
		printf(" ");
		print_safe(stdout, d->list[i].name);
	}
	putchar('\n');
}

static void
print_build(const struct state *st, const struct served *sv)
{
	static const char *const results[] = {
		[RESULT_NONE] = "", [RESULT_BUILT] = "done", [RESULT_SAME] = "nothing changed",
		[RESULT_FAILED] = "failed",
	};
	const struct build_record *b = &sv->build;
	char took[32];

	if (b->state == BUILD_NONE)
		return;
	printf("build      ");
	if (b->state == BUILD_RUNNING) {
		print_span(took, sizeof(took), st->now - b->started);
		printf("%d runs since %s (", b->number, took);
		print_safe(stdout, b->trigger);
		printf(")\n");
	} else if (b->last_result == RESULT_NONE) {
		printf("none yet\n");
	} else {
		print_span(took, sizeof(took), b->last_ms);
		printf("%d: %s after %s", b->number, results[b->last_result], took);
		printf("%s", *b->why != '\0' ? ": " : "");
		print_safe(stdout, b->why);
		putchar('\n');
	}
}

static void
print_service(const struct state *st, const struct served *sv, struct observer *o, bool colours)
{
	print_state(sv, st->service_count > 1, colours);
	print_canary(st, &sv->service);
	print_listeners(sv, o);
	print_generations(st, sv, o, colours);
	print_account(sv);
	print_deposits(sv);
	print_build(st, sv);
}

void
status_print(const struct state *st, const struct rolls *rolls, pid_t pid, bool all)
{
	bool colours = print_colours(stdout);
	struct observer o;
	int i;

	observe_begin(&o, st, pid);
	o.rolls = rolls;
	o.all = all;
	print_head(st);
	for (i = 0; i < st->service_count; i++) {
		if (i > 0)
			putchar('\n');
		print_service(st, &st->services[i], &o, colours);
	}
	observe_end(&o);
}
