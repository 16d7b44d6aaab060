/* Goal: every variable of the table reads what it says it accepts, and says well what it refuses. */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "handoff/outcome.h"
#include "init/accepts.h"
#include "init/limits.h"
#include "init/option.h"
#include "init/options.h"
#include "init/signal_name.h"
#include "init/table.h"

static char said[4096];

static void
hear(const char *sentence)
{
	strncat(said, sentence, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

#define READ(o, ...) read_all(o, (const char *const[]){ __VA_ARGS__, NULL })

static int
read_all(struct options *o, const char *const *environment)
{
	said[0] = '\0';
	return options_read(o, (char *const *)environment, hear);
}

Test(options, nothing_set_is_the_defaults)
{
	struct options o;

	cr_assert_eq(READ(&o, "PATH=/bin", "HOME=/"), 0, "%s", said);
	cr_assert_eq(o.workers, 1);
	cr_assert_eq(o.listens, 0);
	cr_assert_eq(o.slots, 4);
	cr_assert_eq(o.adopt, OPTION_ADOPT_AUTO);
	cr_assert_eq(o.ready, OPTION_READY_AUTO);
	cr_assert_null(o.ready_path);
	cr_assert_eq(o.ready_timeout, 60000);
	cr_assert_eq(o.drain_timeout, 30000);
	cr_assert_eq(o.max_draining, 2);
	cr_assert_eq(o.stop_signal, SIGTERM);
	cr_assert_eq(o.restart, OPTION_RESTART_ON_FAILURE);
	cr_assert_not(options_given(&o, "RESTART"));
	cr_assert_eq(o.restart_delay, 100);
	cr_assert_eq(o.restart_delay_most, 30000);
	cr_assert_eq(o.restart_limit, 10);
	cr_assert_eq(o.restart_window, 60000);
	cr_assert(outcome_succeeded(o.exit_ok, 0));
	cr_assert_not(outcome_succeeded(o.exit_ok, 1));
	cr_assert_null(o.watch);
	cr_assert_null(o.build);
	cr_assert_null(o.live);
	cr_assert_null(o.control);
	cr_assert_str_eq(o.releases, ".baton/releases");
	cr_assert_eq(o.watch_interval, 0);
	cr_assert_eq(o.sandbox_memory, 0);
	cr_assert_eq(o.sandbox_disk, INT64_C(4) << 30);
	cr_assert_eq(o.log_level, LOG_INFO);
	cr_assert_eq(o.memory, 0);
	cr_assert_eq(o.max_age, 0);
	cr_assert_null(o.user);
	cr_assert_null(o.capabilities);
	cr_assert_null(o.config);
	cr_assert_eq(o.parent_death_signal, 0);
	cr_assert_eq(o.signal_group, 0);
	cr_assert_eq(o.signals_given, 0);
}

Test(options, signals_come_and_go_as_they_are)
{
	struct options o;
	int i;

	cr_assert_eq(READ(&o, "A=1"), 0);
	for (i = 1; i < SIGNAL_MAP; i++)
		cr_expect_eq(o.signals[i], i);
}

Test(options, signals_are_rewritten_and_dropped)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_SIGNALS=INT:QUIT, SIGHUP:off,15:3,RTMIN+3:term,TSTP:STOP,USR1:0,"
	    "64:KILL,32:33"), 0, "%s", said);
	cr_expect_eq(o.signals[SIGINT], SIGQUIT);
	cr_expect_eq(o.signals[SIGHUP], 0);
	cr_expect_eq(o.signals[SIGTERM], SIGQUIT);
	cr_expect_eq(o.signals[SIGRTMIN + 3], SIGTERM);
	cr_expect_eq(o.signals[SIGTSTP], SIGSTOP);
	cr_expect_eq(o.signals[SIGUSR1], 0);
	cr_expect_eq(o.signals[64], SIGKILL);
	cr_expect_eq(o.signals[32], 33);
	cr_expect_eq(o.signals[SIGUSR2], SIGUSR2);
	cr_expect_eq(o.signals[SIGQUIT], SIGQUIT);
	cr_expect_eq(o.signals_given, UINT64_C(1) << (SIGINT - 1) | UINT64_C(1) << (SIGHUP - 1) |
	    UINT64_C(1) << (SIGTERM - 1) | UINT64_C(1) << (SIGRTMIN + 2) |
	    UINT64_C(1) << (SIGTSTP - 1) | UINT64_C(1) << (SIGUSR1 - 1) | UINT64_C(1) << 63 |
	    UINT64_C(1) << 31);
	cr_assert_eq(READ(&o, "BATON_SIGNALS=INT:INT"), 0, "%s", said);
	cr_expect_eq(o.signals_given, UINT64_C(1) << (SIGINT - 1), "named, though the same");
}

Test(options, a_switch_by_any_word)
{
	static const char *const on[] = { "on", "true", "yes", "1", "On" };
	static const char *const off[] = { "off", "false", "no", "0", "FALSE" };
	char variable[64];
	struct options o;
	int i;

	for (i = 0; i < 5; i++) {
		snprintf(variable, sizeof(variable), "BATON_SIGNAL_GROUP=%s", on[i]);
		cr_expect_eq(READ(&o, variable), 0, "%s", said);
		cr_expect_eq(o.signal_group, 1);
		snprintf(variable, sizeof(variable), "BATON_SIGNAL_GROUP=%s", off[i]);
		cr_expect_eq(READ(&o, variable), 0, "%s", said);
		cr_expect_eq(o.signal_group, 0);
	}
}

Test(options, who_a_worker_is)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_USER=app:1000", "BATON_CAPABILITIES=NET_BIND_SERVICE,cap_chown",
	    "BATON_MEMORY=1M", "BATON_MAX_AGE=1s", "BATON_PARENT_DEATH_SIGNAL=INT"), 0, "%s", said);
	cr_expect_str_eq(o.user, "app:1000");
	cr_expect_str_eq(o.capabilities, "NET_BIND_SERVICE,cap_chown");
	cr_expect_eq(o.capability_bits, 1u << CAP_NET_BIND_SERVICE | 1u << CAP_CHOWN);
	cr_expect_eq(o.memory, 1 << 20);
	cr_expect_eq(o.max_age, 1000);
	cr_expect_eq(o.parent_death_signal, SIGINT);
	cr_assert_eq(READ(&o, "BATON_CAPABILITIES=none", "BATON_PARENT_DEATH_SIGNAL=none"), 0);
	cr_expect_str_eq(o.capabilities, "none");
	cr_expect_eq(o.capability_bits, 0);
	cr_expect_eq(o.parent_death_signal, 0);
}

/* A key's name may be in any case; a variable's may not. */
Test(options, one_at_a_time)
{
	char why[OPTIONS_WHY];
	struct options o;

	READ(&o, "A=1");
	cr_expect_eq(options_set(&o, OPTIONS_KEY, "Workers", "3", why), 0);
	cr_expect_eq(o.workers, 3);
	cr_expect(options_given(&o, "WORKERS"));
	cr_expect_eq(options_set(&o, OPTIONS_VARIABLE, "workers", "4", why), -1);
	cr_expect_str_eq(why, " is no variable of baton: did you mean BATON_WORKERS?");
	cr_expect_eq(options_set(&o, OPTIONS_KEY, "slotz", "4", why), -1);
	cr_expect_str_eq(why, ": is no key of baton: did you mean slots?");
	cr_expect_eq(options_set(&o, OPTIONS_VARIABLE, "LOG", "json", why), 0);
	cr_expect_eq(options_set(&o, OPTIONS_KEY, "log", "json", why), -1);
	cr_expect_eq(o.workers, 3);
}

Test(options, a_full_environment)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_WORKERS=2", "BATON_LISTEN=web=0.0.0.0:8080, [::1]:9090 8081",
	    "BATON_ADOPT=inject", "BATON_READY=http:/healthz?deep=1", "BATON_STOP_SIGNAL=sigrtmin+3",
	    "BATON_RESTART=on-failure", "BATON_RESTART_DELAY=1s..1m", "BATON_RESTART_LIMIT=5/30s",
	    "BATON_EXIT_OK=143, 7", "BATON_WATCH=src:package.json", "BATON_BUILD=make",
	    "BATON_LIVE=dist", "BATON_SANDBOX_MEMORY=2G", "BATON_LOG_LEVEL=debug"), 0, "%s", said);
	cr_assert_eq(o.workers, 2);
	cr_assert_eq(o.listens, 3);
	cr_assert_str_eq(o.listen[0].name, "web");
	cr_assert_eq(o.listen[0].address.family, AF_INET);
	cr_assert_eq(o.listen[1].address.port, 9090);
	cr_assert_str_eq(o.listen[2].name, "");
	cr_assert_eq(o.ready, OPTION_READY_HTTP);
	cr_assert_str_eq(o.ready_path, "/healthz?deep=1");
	cr_assert_eq(o.stop_signal, SIGRTMIN + 3);
	cr_assert(options_given(&o, "RESTART"));
	cr_assert_eq(o.restart_delay, 1000);
	cr_assert_eq(o.restart_delay_most, 60000);
	cr_assert_eq(o.restart_limit, 5);
	cr_assert_eq(o.restart_window, 30000);
	cr_assert(outcome_succeeded(o.exit_ok, 0) && outcome_succeeded(o.exit_ok, 7));
	cr_assert(outcome_succeeded(o.exit_ok, 143));
	cr_assert_not(outcome_succeeded(o.exit_ok, 8));
	cr_assert_str_eq(o.build, "make");
	cr_assert_eq(o.sandbox_memory, INT64_C(2) << 30);
	cr_assert_eq(o.log_level, LOG_DEBUG);
}

Test(options, the_steps_of_a_canary)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_CANARY=0.5%:500ms, 10%/source:30s 100%:1h"), 0, "%s", said);
	cr_assert_eq(o.canary.count, 3);
	cr_assert_eq(o.canary.steps[0].share, 5);
	cr_assert_eq(o.canary.steps[0].span, 500);
	cr_assert_not(o.canary.steps[0].by_source);
	cr_assert_eq(o.canary.steps[1].share, 100);
	cr_assert(o.canary.steps[1].by_source);
	cr_assert_eq(o.canary.steps[2].share, CANARY_ALL);
	cr_assert_eq(o.canary.steps[2].span, 3600000);
	cr_assert_eq(READ(&o, "BATON_CANARY=none"), 0, "%s", said);
	cr_assert_eq(o.canary.count, 0);
}

/* The table may not contradict itself: what it shows is what it takes. */
Test(options, defaults_and_examples_are_accepted)
{
	char accepts[OPTION_ACCEPTS];
	struct options o;
	int i;

	for (i = 0; i < option_count; i++) {
		const struct option *row = &option_rows[i];

		memset(&o, 0, sizeof(o));
		if (row->value != NULL)
			cr_expect_eq(option_parse(row, row->value, &o), 0, "%s", row->name);
		cr_expect_eq(option_parse(row, row->example, &o), 0, "%s", row->name);
		option_accepts(row, accepts);
		cr_expect(strlen(accepts) > 3 && strlen(accepts) < OPTION_ACCEPTS - 1, "%s: %s",
		    row->name, accepts);
		cr_expect_str_eq(option_find(row->name)->name, row->name);
	}
}

/* "BATON_X=bad" and a piece of the sentence it must bring. */
static const struct {
	const char *variable, *says;
} bad[] = {
	{ "BATON_WORKERS=0", "BATON_WORKERS: '0' is not accepted: give a whole number from 1 to 64, "
	    "or cpus; for example BATON_WORKERS=2" },
	{ "BATON_WORKERS=65", "'65'" },
	{ "BATON_WORKERS= 2", "' 2'" },
	{ "BATON_LISTEN=8080 8080", "different addresses" },
	{ "BATON_LISTEN=8080?backlog=0", "backlog=0: give a whole number" },
	{ "BATON_LISTEN=8080?rcvbuf=5", "rcvbuf=5: give a size" },
	{ "BATON_LISTEN=8080?defer_accept=5", "defer_accept=5: give whole seconds" },
	{ "BATON_LISTEN=0.0.0.0:80?v6only=on", "for an IPv6 address" },
	{ "BATON_LISTEN=8080?mode=0660", "option mode is of UNIX sockets alone" },
	{ "BATON_LISTEN=/run/a.sock?mode=888", "mode=888: give an octal number" },
	{ "BATON_LISTEN=8080?speed=1", "option 'speed' is not known: give backlog, rcvbuf" },
	{ "BATON_LISTEN=@name", "an abstract name cannot be handed over" },
	{ "BATON_LISTEN=0", "BATON_LISTEN: '0'" },
	{ "BATON_LISTEN==8080", "'=8080'" },
	{ "BATON_LISTEN=a_name_too_long_for_it=8080", "a_name_too_long_for_it" },
	{ "BATON_LISTEN="
	    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 2"
	    "7 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50"
	    " 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65", "up to 64" },
	{ "BATON_LISTEN=localhost:80", "localhost:80" },
	{ "BATON_ADOPT=yes", "give auto, inject, env, fetch, einhorn, server-starter, nginx or off;" },
	{ "BATON_SLOTS=17", "from 3 to 16" },
	{ "BATON_READY=http:health", "give auto, notify, accept, http:/path, exec:COMMAND or delay:DURATION;" },
	{ "BATON_READY=exec: ", "exec:COMMAND" },
	{ "BATON_READY=exec:", "exec:COMMAND" },
	{ "BATON_READY=delay:2", "delay:DURATION" },
	{ "BATON_READY=delay:25h", "delay:DURATION" },
	{ "BATON_READY=delay:60s", "is not shorter than BATON_READY_TIMEOUT=1m" },
	{ "BATON_READY=http:/a b", "http:/a b" },
	{ "BATON_CANARY=10%", "give up to 8 steps with , between, each a share and how long" },
	{ "BATON_CANARY=10:30s", "'10:30s'" },
	{ "BATON_CANARY=0%:30s", "0%" },
	{ "BATON_CANARY=100.1%:30s", "100.1%" },
	{ "BATON_CANARY=0.25%:30s", "0.25%" },
	{ "BATON_CANARY=%:30s", "%" },
	{ "BATON_CANARY=.%:30s", "%" },
	{ "BATON_CANARY=.5%:30s", "%" },
	{ "BATON_CANARY=10%x:30s", "10%x" },
	{ "BATON_CANARY=10%:30", "10%:30" },
	{ "BATON_CANARY=10%:50ms", "50ms" },
	{ "BATON_CANARY=10%:25h", "25h" },
	{ "BATON_CANARY=10%/client:30s", "10%/client" },
	{ "BATON_CANARY=10%:30s/source", "30s/source" },
	{ "BATON_CANARY=1%:1s,2%:1s,3%:1s,4%:1s,5%:1s,6%:1s,7%:1s,8%:1s,9%:1s", "up to 8 steps" },
	{ "BATON_CANARY=,", "','" },
	{ "BATON_READY_TIMEOUT=60", "a duration from 100ms to 24h (500ms, 10s, 5m, 1h)" },
	{ "BATON_QUIET=1ms", "a duration from 20ms to 1h" },
	{ "BATON_STOP_SIGNAL=TREM", "a signal's name or number" },
	{ "BATON_STOP_SIGNAL=0", "'0'" },
	{ "BATON_STOP_SIGNAL=RTMIN+99", "RTMIN+99" },
	{ "BATON_STOP_SIGNAL=RTMIN-1", "RTMIN-1" },
	{ "BATON_RESTART_DELAY=30s..1s", "the first and the longest" },
	{ "BATON_RESTART_DELAY=1s..", "'1s..'" },
	{ "BATON_RESTART_LIMIT=10", "how many within which time (10/1m), or none" },
	{ "BATON_RESTART_LIMIT=10/0", "'10/0'" },
	{ "BATON_EXIT_OK=256", "exit codes from 0 to 255" },
	{ "BATON_EXIT_OK=ok", "'ok'" },
	{ "BATON_SIGNALS=KILL:TERM", "give FROM:TO or FROM:off with , between; FROM is none of KILL, "
	    "STOP, CHLD; for example BATON_SIGNALS=INT:QUIT,HUP:off" },
	{ "BATON_SIGNALS=STOP:off", "'STOP:off'" },
	{ "BATON_SIGNALS=17:off", "'17:off'" },
	{ "BATON_SIGNALS=INT:QUIT,INT:TERM", "'INT:QUIT,INT:TERM'" },
	{ "BATON_SIGNALS=INT", "'INT'" },
	{ "BATON_SIGNALS=INT:", "'INT:'" },
	{ "BATON_SIGNALS=:INT", "':INT'" },
	{ "BATON_SIGNALS=INT:65", "'INT:65'" },
	{ "BATON_SIGNALS=0:15", "'0:15'" },
	{ "BATON_SIGNALS=,", "','" },
	{ "BATON_SIGNAL_GROUP=maybe", "give on or off;" },
	{ "BATON_PARENT_DEATH_SIGNAL=0", "a signal's name or number (TERM, SIGQUIT, RTMIN+3, 15), or none" },
	{ "BATON_STOP_SIGNAL=none", "'none'" },
	{ "BATON_CAPABILITIES=NET_BIND", "names of capabilities with , between" },
	{ "BATON_CAPABILITIES=none,CHOWN", "'none,CHOWN'" },
	{ "BATON_CAPABILITIES=,", "or none" },
	{ "BATON_MEMORY=1023k", "a size from 1M to 1024G" },
	{ "BATON_MAX_AGE=999ms", "a duration from 1s to 8760h" },
	{ "BATON_SANDBOX_MEMORY=1k", "a size from 16M to 1024G (64k, 512M, 2G), or none" },
	{ "BATON_SANDBOX_ENV=A-B", "names of variables" },
	{ "BATON_SANDBOX_ENV=1A", "'1A'" },
	{ "BATON_LOG=\033[31m", "'\\u001b[31m'" },
	{ "BATON_WORKER_S=1", "BATON_WORKER_S is no variable of baton: did you mean BATON_WORKERS?" },
	{ "BATON_LISTENS=1", "did you mean BATON_LISTEN?" },
	{ "BATON_workers=1", "did you mean BATON_WORKERS?" },
	{ "BATON_XYZZY=1", "'baton help' lists them" },
};

Test(options, each_bad_value_has_its_sentence)
{
	struct options o;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(READ(&o, bad[i].variable), 1, "%s", bad[i].variable);
		cr_expect(strstr(said, bad[i].says) != NULL, "%s says: %s", bad[i].variable, said);
	}
}

static const struct {
	const char *variables[4], *says;
} together[] = {
	{ { "BATON_MAX_DRAINING=3" }, "give at least BATON_SLOTS=5" },
	{ { "BATON_SPREAD=worker", "BATON_WORKERS=64", "BATON_SLOTS=5" }, "give at most BATON_WORKERS=51" },
	{ { "BATON_STRATEGY=rolling", "BATON_WORKERS=64", "BATON_SLOTS=5" }, "give at most BATON_WORKERS=51" },
	{ { "BATON_STRATEGY=rolling", "BATON_KEEP_WARM=1m" }, "only one of the two" },
	{ { "BATON_STRATEGY=rolling", "BATON_CANARY=10%:1s" }, "only one of the two" },
	{ { "BATON_STRATEGY=rolling", "BATON_ADOPT=off" }, "only one of the two" },
	{ { "BATON_STRATEGY=rolling", "BATON_CONNECTIONS=carry" }, "only one of the two" },
	{ { "BATON_ADOPT=env" }, "BATON_LISTEN" },
	{ { "BATON_BUILD=make" }, "BATON_BUILD needs BATON_LIVE" },
	{ { "BATON_LIVE=." }, "holds the working directory" },
	{ { "BATON_LIVE=/" }, "holds the working directory" },
	{ { "BATON_LIVE=.baton" }, "lie one in the other" },
	{ { "BATON_LIVE=./.baton//releases/" }, "lie one in the other" },
	{ { "BATON_LIVE=.baton/releases/live" }, "lie one in the other" },
	{ { "BATON_LIVE=a/../b", "BATON_RELEASES=b/c" }, "lie one in the other" },
	{ { "BATON_LIVE=dist", "BATON_WATCH=src:dist/x" }, "BATON_WATCH='dist/x' lies in BATON_LIVE" },
	{ { "BATON_WATCH=.baton/releases" }, "lies in BATON_RELEASES" },
};

Test(options, what_does_not_go_together_is_said)
{
	struct options o;
	size_t i;

	for (i = 0; i < sizeof(together) / sizeof(together[0]); i++) {
		cr_expect_eq(read_all(&o, together[i].variables), 1, "%s: %s",
		    together[i].variables[0], said);
		cr_expect(strstr(said, together[i].says) != NULL, "%s says: %s",
		    together[i].variables[0], said);
	}
}

Test(options, what_goes_together_is_silent)
{
	struct options o;

	cr_expect_eq(READ(&o, "BATON_WATCH=src"), 0, "a change is a reload then: %s", said);
	cr_expect_eq(READ(&o, "BATON_LIVE=.batons"), 0, "%s", said);
	cr_expect_eq(READ(&o, "BATON_LIVE=.bat"), 0, "a shorter name is not the parent: %s", said);
	cr_expect_eq(READ(&o, "BATON_WATCH=.", "BATON_LIVE=dist", "BATON_BUILD=make"), 0, "%s", said);
	cr_expect_eq(READ(&o, "BATON_MAX_DRAINING=8", "BATON_SLOTS=10"), 0, "%s", said);
}

Test(options, all_errors_at_once)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_WORKERS=x", "BATON_NO=1", "BATON_BUILD=make"), 3, "%s", said);
	cr_assert(strstr(said, "BATON_WORKERS: 'x'") != NULL);
	cr_assert(strstr(said, "BATON_NO is") != NULL);
	cr_assert(strstr(said, "needs BATON_LIVE") != NULL);
}

Test(options, a_refused_value_counts_as_given)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_ADOPT=env", "BATON_LISTEN=nowhere"), 1, "%s", said);
}

Test(options, empty_is_not_set_and_a_worker_s_own_are_ignored)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_WORKERS=", "BATON_NONSENSE=", "BATON_GENERATION=3",
	    "BATON_WORKER=0", "BATON_RELEASE=7", "BATON_SOCKET=/x", "BATON_OUT=/x",
	    "BATON_CHANGED=/x", "BATON_TRIGGER=hand"), 0, "%s", said);
	cr_assert_not(options_given(&o, "WORKERS"));
	cr_assert_eq(o.workers, 1);
}

/* What Kubernetes sets in every pod of a namespace with services "baton" and "baton-web". */
Test(options, service_links_are_no_mistake)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_SERVICE_HOST=10.0.0.1", "BATON_SERVICE_PORT=80",
	    "BATON_SERVICE_PORT_HTTP=80", "BATON_PORT=tcp://10.0.0.1:80",
	    "BATON_PORT_80_TCP=tcp://10.0.0.1:80", "BATON_PORT_80_TCP_PROTO=tcp",
	    "BATON_PORT_80_TCP_PORT=80", "BATON_PORT_80_TCP_ADDR=10.0.0.1",
	    "BATON_WEB_SERVICE_HOST=10.0.0.2", "BATON_WEB_PORT=udp://10.0.0.2:53",
	    "BATON_WEB_PORT_53_UDP_ADDR=10.0.0.2"), 0, "%s", said);
	cr_expect_eq(READ(&o, "BATON_PORT=8080"), 1, "a person meant BATON_LISTEN");
	cr_expect_eq(READ(&o, "BATON_PORT_TCP=1"), 1);
	cr_expect_eq(READ(&o, "BATON_PORT_80_HTTP=1"), 1);
}

Test(options, what_a_row_needs_is_a_row)
{
	int i;

	for (i = 0; i < option_count; i++)
		if (option_rows[i].needs != NULL)
			cr_expect_not_null(option_find(option_rows[i].needs));
}

Test(options, cpus_is_a_number_of_them)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_WORKERS=cpus"), 0, "%s", said);
	cr_assert(o.workers >= 1 && o.workers <= 64);
}

Test(options, signals_by_any_name)
{
	cr_expect_eq(signal_number("TERM"), SIGTERM);
	cr_expect_eq(signal_number("SIGQUIT"), SIGQUIT);
	cr_expect_eq(signal_number("usr1"), SIGUSR1);
	cr_expect_eq(signal_number("15"), 15);
	cr_expect_eq(signal_number("RTMIN"), SIGRTMIN);
	cr_expect_eq(signal_number("SIGRTMAX-1"), SIGRTMAX - 1);
	cr_expect_eq(signal_number("RTMAX+1"), -1);
	cr_expect_eq(signal_number("SIG"), -1);
	cr_expect_eq(signal_number("65"), -1);
	cr_expect_eq(signal_number(""), -1);
}

/* A tree of files that looks like cgroups, below a directory of its own. */
static char where[64];

static void
put(const char *name, const char *text)
{
	char path[256], *slash;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", where, name);
	for (slash = strchr(path + 5, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static void
begin(void)
{
	snprintf(where, sizeof(where), "/tmp/limits.XXXXXX");
	cr_assert_not_null(mkdtemp(where));
}

static void
end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", where);
	cr_assert_eq(system(command), 0);
}

static struct limits
limits_here(void)
{
	struct limits l;
	char own[128];

	snprintf(own, sizeof(own), "%s/own", where);
	limits_read(&l, where, own);
	return l;
}

Test(limits, none_at_all, .init = begin, .fini = end)
{
	struct limits l = limits_here();

	cr_assert_eq(l.cpu_percent, 0);
	cr_assert_eq(l.memory, 0);
	cr_assert(l.cpus >= 1);
}

Test(limits, version_two_takes_the_lowest_on_the_way_up, .init = begin, .fini = end)
{
	struct limits l;

	put("own", "0::/a/b\n");
	put("a/b/cpu.max", "50000 100000\n");
	put("a/cpu.max", "80000 100000\n");
	put("cpu.max", "max 100000\n");
	put("a/b/memory.max", "2147483648\n");
	put("a/memory.max", "max\n");
	put("memory.max", "536870912\n");
	l = limits_here();
	cr_assert_eq(l.cpu_percent, 50);
	cr_assert_eq(l.cpus, 1);
	cr_assert_eq(l.memory, 536870912);
}

Test(limits, version_one, .init = begin, .fini = end)
{
	struct limits l;

	put("own", "4:memory:/m\n2:cpu,cpuacct:/c\n");
	put("cpu,cpuacct/c/cpu.cfs_quota_us", "150000\n");
	put("cpu,cpuacct/c/cpu.cfs_period_us", "100000\n");
	put("memory/memory.limit_in_bytes", "9223372036854771712\n");
	put("memory/m/memory.limit_in_bytes", "1048576\n");
	l = limits_here();
	cr_assert_eq(l.cpu_percent, 150);
	cr_assert(l.cpus <= 2);
	cr_assert_eq(l.memory, 1048576);
}

Test(limits, version_one_without_a_quota, .init = begin, .fini = end)
{
	put("own", "1:cpu:/\n");
	put("cpu/cpu.cfs_quota_us", "-1\n");
	put("cpu/cpu.cfs_period_us", "100000\n");
	put("memory/memory.limit_in_bytes", "9223372036854771712\n");
	cr_assert_eq(limits_here().cpu_percent, 0);
	cr_assert_eq(limits_here().memory, 0);
}

Test(limits, a_part_of_a_cpu_is_not_lost, .init = begin, .fini = end)
{
	put("own", "0::/\n");
	put("cpu.max", "33333 100000\n");
	cr_assert_eq(limits_here().cpu_percent, 34);
	cr_assert_eq(limits_here().cpus, 1);
}

Test(options, ready_can_be_a_command_or_a_delay)
{
	struct options o;

	cr_assert_eq(READ(&o, "BATON_READY=exec:curl -fsS http://$BATON_ADDRESS/"), 0, "%s", said);
	cr_expect_eq(o.ready, OPTION_READY_EXEC);
	cr_expect_str_eq(o.ready_command, "curl -fsS http://$BATON_ADDRESS/");
	cr_assert_eq(READ(&o, "BATON_READY=delay:2s"), 0, "%s", said);
	cr_expect_eq(o.ready, OPTION_READY_DELAY);
	cr_expect_eq(o.ready_delay, 2000);
	cr_expect_null(o.ready_command);
}

Test(options, reads_what_sockets_are_to_have)
{
	struct options o;
	const struct option_listen *l = o.listen;

	cr_assert_eq(READ(&o, "BATON_LISTEN=web=8080?backlog=4096&rcvbuf=1M&defer_accept=5s&v6only=on,"
	    "/run/app.sock?mode=0660&owner=app:app"), 0, "%s", said);
	cr_assert_eq(o.listens, 2);
	cr_assert_str_eq(l[0].name, "web");
	cr_assert_eq(l[0].wish.backlog, 4096);
	cr_assert(l[0].wish.v6only);
	cr_assert_eq(l[0].wish.traits.value[TRAIT_RCVBUF], 1 << 20);
	cr_assert_eq(l[0].wish.traits.value[TRAIT_DEFER_ACCEPT], 5);
	cr_assert_eq(l[0].wish.traits.given, 1U << TRAIT_RCVBUF | 1U << TRAIT_DEFER_ACCEPT);
	cr_assert_eq(l[1].address.family, AF_UNIX);
	cr_assert_eq(l[1].wish.rights.mode, 0660);
	cr_assert_str_eq(l[1].owner, "app:app");
	cr_assert_eq(l[1].wish.backlog, 0);
}

Test(options, processors_have_at_most_two_places)
{
	static const struct {
		const char *text;
		int percent;
	} good[] = { { "auto", 0 }, { "2", 200 }, { "0.5", 50 }, { "0.05", 5 }, { "1.25", 125 } };
	static const char *const refused[] = { "0", "0.04", ".5", "1.", "1.255", "-1", "1025", "1,5", "x" };
	struct options o;
	char variable[64];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(variable, sizeof(variable), "BATON_SANDBOX_CPU=%s", good[i].text);
		cr_assert_eq(options_read(&o, (char *[]){ variable, NULL }, NULL), 0);
		cr_assert_eq(o.sandbox_cpu, good[i].percent, "%s", good[i].text);
	}
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		snprintf(variable, sizeof(variable), "BATON_SANDBOX_CPU=%s", refused[i]);
		cr_assert_eq(options_read(&o, (char *[]){ variable, NULL }, NULL), 1, "%s", refused[i]);
	}
}
