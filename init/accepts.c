/* accepts.c - what a row of the table accepts, in words. */
#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"
#include "init/accepts.h"

static void
accepts_choice(const struct option *row, char *to)
{
	int i;

	for (i = 0; row->choices[i] != NULL; i++) {
		const char *between = i == 0 ? "" :
		    row->choices[i + 1] == NULL ? " or " : ", ";

		text_append(to, OPTION_ACCEPTS, "%s%s", between, row->choices[i]);
	}
}

static void
accepts_ready(const struct option *row, char *to)
{
	int i;

	for (i = 0; row->choices[i] != NULL; i++)
		text_append(to, OPTION_ACCEPTS, "%s, ", row->choices[i]);
	text_append(to, OPTION_ACCEPTS, "http:/path, exec:COMMAND or delay:DURATION");
}

static void
size_print(char *to, size_t size, int64_t bytes)
{
	static const char *const units[] = { "", "k", "M", "G" };
	int unit = 0;

	for (; unit < 3 && bytes >= 1024 && bytes % 1024 == 0; unit++)
		bytes /= 1024;
	snprintf(to, size, "%lld%s", (long long)bytes, units[unit]);
}

static void
accepts_measure(const struct option *row, char *to)
{
	char least[32], most[32];
	bool is_size = row->kind == KIND_SIZE;

	if (is_size) {
		size_print(least, sizeof(least), row->least);
		size_print(most, sizeof(most), row->most);
	} else {
		text_duration_print(least, sizeof(least), row->least);
		text_duration_print(most, sizeof(most), row->most);
	}
	text_append(to, OPTION_ACCEPTS, "a %s from %s to %s (%s)", is_size ? "size" : "duration",
	    least, most, is_size ? "64k, 512M, 2G" : "500ms, 10s, 5m, 1h");
}

static void
accepts_number(const struct option *row, char *to)
{
	text_append(to, OPTION_ACCEPTS, "a whole number from %d to %d", (int)row->least,
	    (int)row->most);
}

static void
accepts_processors(const struct option *row, char *to)
{
	text_append(to, OPTION_ACCEPTS, "processors from %d.%02d to %d (0.5, 2)",
	    (int)row->least / 100, (int)row->least % 100, (int)row->most / 100);
}

void
option_accepts(const struct option *row, char *to)
{
	static const char *const phrases[KINDS] = {
		[KIND_TEXT] = "a text",
		[KIND_PATH] = "a path",
		[KIND_PATHS] = "paths with : between",
		[KIND_ASSETS] = ("paths relative to the release with : between, =all behind one to take "
		    "names without a hash too"),
		[KIND_NAMES] = "names of variables with , between",
		[KIND_SWITCH] = "on or off",
		[KIND_SIGNALS] = "FROM:TO or FROM:off with , between; FROM is none of KILL, STOP, CHLD",
		[KIND_CAPABILITIES] = "names of capabilities with , between (NET_BIND_SERVICE,CHOWN)",
		[KIND_SIGNAL] = "a signal's name or number (TERM, SIGQUIT, RTMIN+3, 15)",
		[KIND_CODES] = "exit codes from 0 to 255 with , between",
		[KIND_LISTEN] =
		    ("up to 64 different addresses with , between (8080, 0.0.0.0:8080, web=[::1]:80, "
		    "/run/app.sock), each with options (8080?backlog=4096&rcvbuf=1M)"),
		[KIND_CANARY] = ("up to 8 steps with , between, each a share and how long "
		    "(10%:30s,50%:1m), /source behind a share to divide by address"),
		[KIND_DELAYS] = "one duration, or the first and the longest (100ms..30s)",
		[KIND_RATE] = "how many within which time (10/1m)",
	};

	*to = '\0';
	if (phrases[row->kind] != NULL)
		text_append(to, OPTION_ACCEPTS, "%s", phrases[row->kind]);
	else if (row->kind == KIND_CHOICE)
		accepts_choice(row, to);
	else if (row->kind == KIND_READY)
		accepts_ready(row, to);
	else if (row->kind == KIND_COUNT || row->kind == KIND_CPUS)
		accepts_number(row, to);
	else if (row->kind == KIND_PROCESSORS)
		accepts_processors(row, to);
	else
		accepts_measure(row, to);
	if (row->kind == KIND_TEXT && row->most > 0)
		text_append(to, OPTION_ACCEPTS, " of at most %d bytes", (int)row->most);
	if (row->word != NULL)
		text_append(to, OPTION_ACCEPTS, ", or %s", row->word);
}

const char *
option_default(const struct option *row)
{
	if (row->value != NULL)
		return row->value;
	return row->otherwise != NULL ? row->otherwise : "none";
}
