/* status_json.c - the state of the running baton, for programs. */
#include <stdio.h>
#include <string.h>

#include "handoff/canary.h"
#include "init/observe.h"
#include "init/print.h"
#include "init/rolls.h"
#include "init/status.h"

/* What could not be seen is null. */
static void
number(const char *name, int64_t value)
{
	if (value < 0)
		printf("\"%s\":null", name);
	else
		printf("\"%s\":%lld", name, (long long)value);
}

static int32_t
live_release(const struct service *s)
{
	const struct generation *live = service_look(s, s->live);

	return live != NULL ? live->release : 0;
}

static bool
was_there(const struct worker_record *w)
{
	return w->pid != 0 || w->restarts != 0;
}

/* How many workers the newest generation has. */
static int
count_workers(const struct served *sv)
{
	const struct service *s = &sv->service;
	const struct keeper_record *k = observe_keeper(sv, s->live != 0 ? s->live : s->candidate);
	int count = 0, i;

	for (i = 0; k != NULL && i < WORKERS; i++)
		count += was_there(&k->workers[i]);
	return count;
}

static void
print_listeners(const struct served *sv, const struct observer *o)
{
	char address[ADDRESS_TEXT];
	int i;

	printf("\"listeners\":[");
	for (i = 0; i < sv->listener_count; i++) {
		address_print(address, &sv->listeners[i].address);
		printf("%s{\"address\":\"%s\",\"slot\":%d,", i > 0 ? "," : "", address,
		    sv->service.steered);
		number("queue", observe_queue(o, sv, &sv->listeners[i]));
		printf("}");
	}
	printf("],");
}

/* How it came to its socket. */
static const char *
adoption_name(unsigned adoption)
{
	static const char *const names[] = {
		[ADOPTED_NOT] = "none", [ADOPTED_INJECT] = "inject", [ADOPTED_ENV] = "env",
		[ADOPTED_FETCH] = "fetch",
	};

	return adoption <= ADOPTED_FETCH ? names[adoption] : "none";
}

/* In its own words. */
static void
print_says(const struct worker_record *w)
{
	static const char *const names[] = {
		[SAYING_NOTHING] = "nothing", [SAYING_READY] = "ready",
		[SAYING_RELOADING] = "reloading", [SAYING_STOPPING] = "stopping",
	};

	printf(",\"says\":\"%s\",\"status\":",
	    w->saying <= SAYING_STOPPING ? names[w->saying] : names[SAYING_NOTHING]);
	print_json(stdout, w->status);
}

static void
print_workers(const struct keeper_record *k, const struct observed *seen)
{
	bool first = true;
	int i;

	printf("\"workers\":[");
	for (i = 0; k != NULL && i < WORKERS; i++) {
		if (!was_there(&k->workers[i]))
			continue;
		printf("%s{\"index\":%d,\"pid\":%d,", first ? "" : ",", i, k->workers[i].pid);
		number("rss_bytes", seen->rss[i]);
		printf(",\"restarts\":%d,\"adoption\":\"%s\"", k->workers[i].restarts,
		    adoption_name(k->workers[i].adoption));
		print_says(&k->workers[i]);
		printf("}");
		first = false;
	}
	printf("]");
}

/* Of one that drains; null of others. */
static void
print_drain(const struct keeper_record *k, const struct roll *roll)
{
	if (roll == NULL || k == NULL) {
		printf("\"drain\":null,");
		return;
	}
	printf("\"drain\":{\"open\":%d,\"in_flight\":%d,\"waits_for\":", k->open, k->in_flight);
	print_json(stdout, k->waits_for);
	printf(",");
	rolls_print_json(roll);
	printf("},");
}

static void
print_generation(const struct state *st, const struct served *sv, const struct generation *g,
    struct observer *o)
{
	const struct keeper_record *k = observe_keeper(sv, g->serial);
	struct observed seen = { .connections = -1, .queue = -1 };

	if (k != NULL)
		observe_generation(o, k, &seen);
	printf("{\"id\":%u,\"state\":\"%s\",\"release\":%d,\"slot\":%d,", g->serial,
	    generation_state_name(g->state), g->release, g->slot);
	number("connections", seen.connections);
	printf(",");
	number("queue", seen.queue);
	printf(",\"age_s\":%lld,", (long long)((st->now - g->started) / 1000));
	print_drain(k, rolls_find(o->rolls, (int)(sv - st->services), g->serial));
	print_workers(k, &seen);
	printf("}");
}

static void
print_generations(const struct state *st, const struct served *sv, struct observer *o)
{
	bool first = true;
	int i;

	printf("\"generations\":[");
	for (i = 0; i < GENERATIONS; i++) {
		if (!generation_exists(&sv->service.generations[i]))
			continue;
		printf("%s", first ? "" : ",");
		print_generation(st, sv, &sv->service.generations[i], o);
		first = false;
	}
	printf("],");
}

static void
print_build(const struct build_record *b)
{
	static const char *const states[] = {
		[BUILD_NONE] = "none", [BUILD_IDLE] = "idle", [BUILD_RUNNING] = "running",
	};
	static const char *const results[] = {
		[RESULT_NONE] = "none", [RESULT_BUILT] = "built", [RESULT_SAME] = "same",
		[RESULT_FAILED] = "failed",
	};

	printf("\"build\":{\"state\":\"%s\",\"number\":%d,\"last_ms\":%lld,\"last_result\":\"%s\"}",
	    states[b->state], b->number, (long long)b->last_ms, results[b->last_result]);
}

/* null when nobody has a share. */
static void
print_canary(const struct state *st, const struct service *s)
{
	const struct canary_step *step = canary_now(s);

	if (step == NULL) {
		printf("\"canary\":null,");
		return;
	}
	printf("\"canary\":{\"generation\":%u,\"step\":%d,\"steps\":%d,\"percent\":%d.%d,"
	    "\"by_source\":%s,\"left_ms\":%lld},", s->candidate, s->step, s->policy.canary.count,
	    step->share / 10, step->share % 10, step->by_source ? "true" : "false",
	    (long long)(s->step_until > st->now ? s->step_until - st->now : 0));
}

static void
print_numbers(const char *const names[], const int64_t values[], size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		printf("%s", i > 0 ? "," : "");
		number(names[i], values[i]);
	}
}

static void
print_handoff(const struct handoff *h)
{
	static const char *const states[] = { [HANDOFF_NONE] = "", [HANDOFF_RUNS] = "running",
		[HANDOFF_DRAINS] = "draining", [HANDOFF_DONE] = "done", [HANDOFF_FAILED] = "failed" };
	static const char *const names[] = { "start_ms", "ready_ms", "canary_ms", "rolling_ms", "total_ms",
		"switch_us", "queue_ms", "drain_ms", "stop_ms", "accepted_old", "accepted_new",
		"open", "drained", "closed_quiet", "carried", "cut", "left_behind", "dropped",
		"listen_overflows_before", "listen_overflows_after", "listen_drops_before",
		"listen_drops_after" };
	const int64_t *f = h->figures;
	const int64_t values[] = { h->start_ms, h->ready_ms, h->canary_ms, h->rolling_ms, h->total_ms,
		h->switch_us, f[FIGURE_QUEUE_MS], f[FIGURE_DRAIN_MS], f[FIGURE_STOP_MS],
		h->accepted_old, h->accepted_new, f[FIGURE_OPEN], f[FIGURE_DRAINED],
		f[FIGURE_QUIET], f[FIGURE_CARRIED], f[FIGURE_CUT], h->left_behind, h->dropped,
		f[FIGURE_OVERFLOWS_FIRST], f[FIGURE_OVERFLOWS_LAST], f[FIGURE_DROPS_FIRST],
		f[FIGURE_DROPS_LAST] };

	_Static_assert(sizeof(names) / sizeof(*names) == sizeof(values) / sizeof(*values),
	    "each value has a name");
	printf("{\"number\":%u,\"state\":\"%s\",\"why\":", h->number, states[h->state]);
	print_json(stdout, h->why[0] != '\0' ? h->why : NULL);
	printf(",\"old\":%u,\"new\":%u,\"old_release\":%d,\"new_release\":%d,\"warm\":%s,"
	    "\"at_ms\":%lld,", h->old, h->new, h->old_release, h->new_release,
	    h->warm ? "true" : "false", (long long)h->at);
	print_numbers(names, values, sizeof(names) / sizeof(*names));
	printf("}");
}

/* What all handoffs came to, and the last ones, the newest first. */
static void
print_handoffs(const struct served *sv)
{
	static const char *const names[] = { "accepted_old", "accepted_new", "drained",
		"closed_quiet", "carried", "cut", "dropped", "listen_overflows", "listen_drops" };
	const struct service *s = &sv->service;
	const struct account *a = &sv->account;
	const int64_t sums[] = { a->accepted_old, a->accepted_new, a->drained, a->quiet,
		a->carried, a->cut, a->dropped, a->overflows, a->drops };
	const struct handoff *h;

	printf("\"handoffs\":{\"done\":%u,\"failed\":%u,\"left_behind\":%lld,\"last_ms\":%lld,",
	    s->done, s->failed, (long long)s->left_behind, (long long)s->last_ms);
	print_numbers(names, sums, sizeof(names) / sizeof(*names));
	printf(",\"records\":[");
	for (h = account_below(a, UINT32_MAX); h != NULL; h = account_below(a, h->number)) {
		print_handoff(h);
		printf("%s", account_below(a, h->number) != NULL ? "," : "");
	}
	printf("]},");
}

static void
print_service(const struct state *st, const struct served *sv, struct observer *o)
{
	const struct service *s = &sv->service;
	int i;

	printf("{\"name\":");
	print_json(stdout, sv->name);
	printf(",\"state\":\"%s\",\"critical\":%s,\"generation\":%u,\"release\":%d,\"workers\":%d,",
	    sv->over ? "ended" : service_shown(s), sv->critical ? "true" : "false", s->live,
	    live_release(s), count_workers(sv));
	print_listeners(sv, o);
	print_generations(st, sv, o);
	print_handoffs(sv);
	print_canary(st, s);
	print_build(&sv->build);
	printf(",\"stored\":[");
	for (i = 0; i < sv->deposits.count; i++) {
		printf("%s", i > 0 ? "," : "");
		print_json(stdout, sv->deposits.list[i].name);
	}
	printf("]}");
}

/* Of baton as a whole: of the first service that is not what it should be. */
static const char *
shown(const struct state *st)
{
	const char *all = "serving", *one;
	int i;

	for (i = 0; i < st->service_count; i++) {
		one = st->services[i].over ? "ended" : service_shown(&st->services[i].service);
		if (st->service_count == 1 ||
		    (st->services[i].critical && strcmp(one, "serving") != 0))
			return one;
	}
	return all;
}

/* Of the last one, when and from what. */
static void
print_upgrades(const struct state *st)
{
	printf(",\"upgrades\":%u", st->upgrades);
	if (st->upgrades == 0)
		return;
	printf(",\"upgraded_from\":");
	print_json(stdout, st->upgraded_from);
	printf(",\"upgraded_s_ago\":%lld", (long long)((st->now - st->upgraded) / 1000));
}

void
status_print_json(const struct state *st, const struct rolls *rolls, pid_t pid)
{
	struct observer o;
	int i;

	observe_begin(&o, st, pid);
	o.rolls = rolls;
	printf("{\"version\":");
	print_json(stdout, st->version);
	printf(",\"pid\":%d,\"uptime_s\":%lld,\"state\":\"%s\",\"tier\":", (int)st->pid,
	    (long long)((st->now - st->booted) / 1000), shown(st));
	print_json(stdout, st->tier);
	print_upgrades(st);
	printf(",\"services\":[");
	for (i = 0; i < st->service_count; i++) {
		printf("%s", i > 0 ? "," : "");
		print_service(st, &st->services[i], &o);
	}
	printf("]}\n");
	observe_end(&o);
}
