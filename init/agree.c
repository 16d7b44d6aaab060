/* agree.c - do values that are right by themselves go together? */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "handoff/listener.h"
#include "init/agree.h"
#include "init/option.h"
#include "init/path.h"
#include "init/spread.h"
#include "init/table.h"

/* Who hears of it, and how each sentence begins. */
struct hearer {
	options_report *report;
	const char *where;
};

static int __attribute__((format(printf, 2, 3)))
disagree(const struct hearer *to, const char *format, ...)
{
	char sentence[640];
	size_t used;
	va_list ap;

	text_copy(sentence, sizeof(sentence), to->where);
	used = strlen(sentence);
	va_start(ap, format);
	vsnprintf(sentence + used, sizeof(sentence) - used, format, ap);
	va_end(ap);
	to->report(sentence);
	return 1;
}

static int
check_slots(const struct options *o, const struct hearer *to)
{
	if (o->slots >= o->max_draining + 2)
		return 0;
	return disagree(to, "BATON_SLOTS=%d is too few for BATON_MAX_DRAINING=%d: one slot "
	    "serves and one is for the next generation, so give at least BATON_SLOTS=%d",
	    o->slots, o->max_draining, o->max_draining + 2);
}

static int
check_spread(const struct options *o, const struct hearer *to)
{
	enum { TOLD_MOST = 192 };	/* what a channel holds before its keeper reads (SO_SNDBUF) */
	int sockets = o->slots * spread_width(o);
	int told = spread_width(o) > 1 ? spread_width(o) * o->listens : 0;
	bool rolls = o->strategy == OPTION_STRATEGY_ROLLING;

	if (sockets <= LISTENER_SOCKETS && told <= TOLD_MOST)
		return 0;
	if (sockets <= LISTENER_SOCKETS)
		return disagree(to, "%s gives each of BATON_WORKERS=%d workers a socket for each of "
		    "the %d addresses of BATON_LISTEN, and a new generation can be told of %d, not "
		    "of %d: give fewer of either", rolls ? "BATON_STRATEGY=rolling" :
		    "BATON_SPREAD=worker", o->workers, o->listens, TOLD_MOST, told);
	return disagree(to, "%s gives each of BATON_WORKERS=%d workers a socket in "
	    "each of BATON_SLOTS=%d slots, and an address has room for %d sockets, not for %d: give "
	    "at most BATON_WORKERS=%d, or fewer slots", rolls ?
	    "BATON_STRATEGY=rolling" : "BATON_SPREAD=worker", o->workers, o->slots, LISTENER_SOCKETS,
	    sockets, LISTENER_SOCKETS / o->slots);
}

static int
check_strategy(const struct options *o, const struct hearer *to)
{
	int errors = 0, i;

	if (o->strategy != OPTION_STRATEGY_ROLLING)
		return 0;
	for (i = 0; i < o->listens; i++)
		if (o->listen[i].address.family == AF_UNIX)
			errors += disagree(to, "BATON_STRATEGY=rolling moves connections worker by "
			    "worker, and who comes to the path '%s' of BATON_LISTEN cannot be "
			    "steered: give only one of the two", o->listen[i].address.path);
	if (o->keep_warm > 0)
		errors += disagree(to, "BATON_STRATEGY=rolling leaves no old generation that "
		    "BATON_KEEP_WARM could keep, as its workers end one by one: give only one of "
		    "the two");
	if (o->connections == OPTION_CONNECTIONS_CARRY)
		errors += disagree(to, "BATON_CONNECTIONS=carry hands a whole generation's connections to "
		    "the next one, and with BATON_STRATEGY=rolling there is none until the last worker "
		    "has moved: give only one of the two");
	if (o->canary.count > 0)
		errors += disagree(to, "BATON_STRATEGY=rolling gives the new generation one place after "
		    "the other, and BATON_CANARY a share of all connections: give only one of the two");
	if (o->adopt == OPTION_ADOPT_OFF)
		errors += disagree(to, "BATON_STRATEGY=rolling needs the workers' sockets, which "
		    "BATON_ADOPT=off leaves alone: give only one of the two");
	return errors;
}

static int
check_adopt(const struct options *o, const struct hearer *to)
{
	if (o->adopt == OPTION_ADOPT_AUTO || o->adopt == OPTION_ADOPT_INJECT ||
	    o->adopt == OPTION_ADOPT_OFF || options_given(o, "LISTEN"))
		return 0;
	return disagree(to, "BATON_ADOPT=%s hands over the addresses of BATON_LISTEN, and it is "
	    "not set: give it too; for example BATON_LISTEN=0.0.0.0:8080",
	    option_find("ADOPT")->choices[o->adopt]);
}

static int
check_build(const struct options *o, const struct hearer *to)
{
	if (o->build == NULL || options_given(o, "LIVE"))
		return 0;
	return disagree(to, "BATON_BUILD needs BATON_LIVE, the path that the command serves from "
	    "and that each new release takes; for example BATON_LIVE=dist");
}

static int
check_live(const struct options *o, const struct hearer *to)
{
	if (o->live == NULL)
		return 0;
	if (path_contains(o->live, "."))
		return disagree(to, "BATON_LIVE='%s' holds the working directory itself: name "
		    "the build's output in it; for example BATON_LIVE=dist", o->live);
	if (path_contains(o->live, o->releases) || path_contains(o->releases, o->live))
		return disagree(to, "BATON_LIVE='%s' and BATON_RELEASES='%s' lie one in the "
		    "other: live is replaced as a whole, so keep them apart", o->live,
		    o->releases);
	return 0;
}

/* Changes there are never looked at, or a build would start the next one. */
static int
check_root(const struct options *o, const char *root, const struct hearer *to)
{
	if (o->live != NULL && path_contains(o->live, root))
		return disagree(to, "BATON_WATCH='%s' lies in BATON_LIVE='%s', whose changes are "
		    "ignored: watch the sources instead", root, o->live);
	if (path_contains(o->releases, root))
		return disagree(to, "BATON_WATCH='%s' lies in BATON_RELEASES='%s', whose changes "
		    "are ignored: watch the sources instead", root, o->releases);
	return 0;
}

static int
check_watch(const struct options *o, const struct hearer *to)
{
	const char *at = o->watch;
	char root[PATH_MAX];
	int errors = 0;
	size_t length;

	while (at != NULL && *at != '\0') {
		length = strcspn(at, ":");
		if (length >= sizeof(root))
			return errors + disagree(to, "BATON_WATCH names a path that is too long");
		memcpy(root, at, length);
		root[length] = '\0';
		if (length > 0)
			errors += check_root(o, root, to);
		at += length + (at[length] == ':');
	}
	return errors;
}

static int
check_ready(const struct options *o, const struct hearer *to)
{
	char delay[32], limit[32];

	if (o->ready != OPTION_READY_DELAY || o->ready_delay < o->ready_timeout)
		return 0;
	text_duration_print(delay, sizeof(delay), o->ready_delay);
	text_duration_print(limit, sizeof(limit), o->ready_timeout);
	return disagree(to, "BATON_READY=delay:%s is not shorter than BATON_READY_TIMEOUT=%s, within "
	    "which a generation has to be ready: none ever would be; give a longer "
	    "BATON_READY_TIMEOUT", delay, limit);
}

int
agree(const struct options *o, const char *where, options_report *report)
{
	const struct hearer hearer = { report, where }, *to = &hearer;

	return check_slots(o, to) + check_spread(o, to) + check_strategy(o, to) + check_adopt(o, to) +
	    check_build(o, to) + check_live(o, to) + check_watch(o, to) + check_ready(o, to);
}
