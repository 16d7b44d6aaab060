/* report.c - what a run says. Prints, counts nothing. */
#include "tests/load/report.h"

#include "tests/load/run.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	const char *key, *title;
	double fraction;
} quantiles[] = {
	{ "p50", "p50", 0.5 },
	{ "p90", "p90", 0.9 },
	{ "p99", "p99", 0.99 },
	{ "p999", "p99.9", 0.999 },
};

enum { QUANTILES = sizeof quantiles / sizeof quantiles[0] };

static double
seconds(const struct run *r)
{
	return (double)(r->end_us - r->start_us) / 1e6;
}

static double
rate(const struct run *r)
{
	return seconds(r) > 0 ? (double)tally_requests(&r->tally) / seconds(r) : 0;
}

/* The counts that both kinds of JSON have. */
static void
counts_json(FILE *out, const struct run *r)
{
	const struct tally *t = &r->tally;
	int i;

	fprintf(out, "\"requests\":%" PRIu64 ",\"ok\":%" PRIu64 ",\"failures\":{",
	    tally_requests(t), t->outcomes[OK]);
	for (i = OK + 1; i < OUTCOMES; i++)
		fprintf(out, "%s\"%s\":%" PRIu64, i > OK + 1 ? "," : "",
		    outcome_name((enum outcome)i), t->outcomes[i]);
	fprintf(out,
	    "},\"failed_total\":%" PRIu64 ",\"closed_idle\":%" PRIu64 ",\"connections\":%" PRIu64,
	    tally_failed(t), t->closed_idle, t->connections);
}

void
report_progress(FILE *out, const struct run *r)
{
	fprintf(out, "{\"seconds\":%.3f,", seconds(r));
	counts_json(out, r);
	fprintf(out, ",\"generation\":%" PRIu64 ",\"in_flight\":%" PRIu64 ",\"mark\":\"%s\"}\n",
	    r->tally.generations.newest, r->in_flight, r->marks.names[r->marks.current]);
	fflush(out);
	clearerr(out);
}

static void
latency_json(FILE *out, const struct histogram *h, uint64_t failed)
{
	int i;

	fprintf(out, "{");
	for (i = 0; i < QUANTILES; i++)
		fprintf(out, "\"%s\":%" PRIu64 ",", quantiles[i].key,
		    histogram_quantile(h, quantiles[i].fraction));
	fprintf(out, "\"max\":%" PRIu64 ",\"count\":%" PRIu64 ",\"failed\":%" PRIu64 "}", h->max,
	    h->count, failed);
}

static void
errnos_json(FILE *out, const struct tally *t)
{
	const char *comma = "";
	int i;

	fprintf(out, ",\"other_errors\":{");
	for (i = 0; i < TALLY_ERRNOS; i++) {
		if (!t->errnos[i])
			continue;
		fprintf(out, "%s\"%s\":%" PRIu64, comma, strerrorname_np(i), t->errnos[i]);
		comma = ",";
	}
	fprintf(out, "},\"statuses\":{");
	for (comma = "", i = 0; i < TALLY_STATUSES; i++) {
		if (!t->statuses[i])
			continue;
		fprintf(out, "%s\"%d\":%" PRIu64, comma, i, t->statuses[i]);
		comma = ",";
	}
	fprintf(out, "}");
}

void
report_json(FILE *out, const struct run *r)
{
	const struct generations *g = &r->tally.generations;
	size_t i;
	int m;

	fprintf(out, "{");
	counts_json(out, r);
	errnos_json(out, &r->tally);
	fprintf(out, ",\"open_at_end\":%" PRIu64 ",\"latency_us\":{", r->tally.open_at_end);
	for (m = 0; m < r->marks.count; m++) {
		fprintf(out, "%s\"%s\":", m ? "," : "", r->marks.names[m]);
		latency_json(out, &r->tally.latency[m], r->tally.failed_in[m]);
	}
	fprintf(out, "},\"generations\":{");
	for (i = 0; i < g->count; i++)
		fprintf(out, "%s\"%" PRIu64 "\":%" PRIu64, i ? "," : "", g->seen[i].number,
		    g->seen[i].answers);
	fprintf(out, "},\"seconds\":%.3f,\"rate\":%.1f}\n", seconds(r), rate(r));
}

static void
failures_table(FILE *out, const struct tally *t)
{
	int i;

	for (i = OK + 1; i < OUTCOMES; i++)
		fprintf(
		    out, "  %-14s%10" PRIu64 "\n", outcome_name((enum outcome)i), t->outcomes[i]);
	for (i = 0; i < TALLY_ERRNOS; i++)
		if (t->errnos[i])
			fprintf(out, "    %-12s%10" PRIu64 "\n", strerrorname_np(i), t->errnos[i]);
	for (i = 0; i < TALLY_STATUSES; i++)
		if (t->statuses[i])
			fprintf(out, "    status %-5d%10" PRIu64 "\n", i, t->statuses[i]);
}

static void
latency_table(FILE *out, const struct run *r)
{
	int m, i;

	fprintf(out, "\nlatency in ms       count");
	for (i = 0; i < QUANTILES; i++)
		fprintf(out, "%10s", quantiles[i].title);
	fprintf(out, "%10s\n", "max");
	for (m = 0; m < r->marks.count; m++) {
		const struct histogram *h = &r->tally.latency[m];

		fprintf(out, "  %-12s%11" PRIu64, r->marks.names[m], h->count);
		for (i = 0; i < QUANTILES; i++)
			fprintf(out, "%10.2f",
			    (double)histogram_quantile(h, quantiles[i].fraction) / 1e3);
		fprintf(out, "%10.2f\n", (double)h->max / 1e3);
	}
}

void
report_table(FILE *out, const struct run *r)
{
	const struct tally *t = &r->tally;
	const struct generations *g = &t->generations;
	size_t i;

	fprintf(out, "requests        %10" PRIu64 "   in %.1f s, %.1f a second\n",
	    tally_requests(t), seconds(r), rate(r));
	fprintf(out, "ok              %10" PRIu64 "\nfailed          %10" PRIu64 "\n",
	    t->outcomes[OK], tally_failed(t));
	failures_table(out, t);
	fprintf(out, "connections     %10" PRIu64 "   %" PRIu64 " ended by the server while idle\n",
	    t->connections, t->closed_idle);
	if (t->open_at_end)
		fprintf(out, "open at the end %10" PRIu64 "\n", t->open_at_end);
	for (i = 0; i < g->count; i++)
		fprintf(out, "generation %-5" PRIu64 "%10" PRIu64 "\n", g->seen[i].number,
		    g->seen[i].answers);
	latency_table(out, r);
}
