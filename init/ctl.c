/* ctl.c - the client of the running baton. */
#include <sys/ioctl.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "init/buildlog.h"
#include "init/call.h"
#include "init/command.h"
#include "init/config.h"
#include "init/ctl.h"
#include "init/offer.h"
#include "init/print.h"
#include "init/rolls.h"
#include "init/shelf.h"
#include "init/status.h"

extern char **environ;

struct request {
	bool json, watch, connections, follow;
	int32_t flags;			/* enum ask */
	int64_t number;			/* 0: none was given */
	const char *service;		/* "": none was given */
	const char *path;		/* NULL: none was given */
};

struct verb {
	const char *name;
	const char *takes;		/* the flags it takes, N for a number, S for a service, P for a path */
	enum message_type type;
	int (*run)(const struct verb *, const struct config *, const struct request *);
};

/* What a failed worker or build wrote last, a little to the right. */
static void
print_lines(int fd)
{
	char line[1024];
	FILE *f = fdopen(fd, "r");

	if (f == NULL) {
		fd_close(&fd);
		return;
	}
	rewind(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		fputs("    ", stdout);
		print_safe(stdout, line);
		putchar('\n');
	}
	fclose(f);
}

static void
print_step(const struct message *m, int fd, bool moving)
{
	if (moving)
		fputs("\r\033[K", stdout);
	print_safe(stdout, m->text);
	putchar('\n');
	if (fd != -1)
		print_lines(fd);
	fflush(stdout);
}

/* So many columns are ours; a line that is longer would not be taken back by \r. */
static int
columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The one line that moves while there is nothing to tell, with what a build wrote last; only on a terminal. */
static void
print_progress(const struct verb *v, msec began, const char *said)
{
	static const char turning[] = "|/-\\";
	msec waited = clock_now() - began;
	char text[BUILDLOG_LINE];
	int length, room;

	length = snprintf(text, sizeof(text), "%c %s %lld.%lld s", turning[waited / 100 % 4], v->name,
	    (long long)(waited / 1000), (long long)(waited / 100 % 10));
	printf("\r\033[K%s", text);
	room = columns() - length - 3;
	if (*said != '\0' && room > 0) {
		snprintf(text, sizeof(text), "%.*s", room, said);
		printf("  ");
		print_safe(stdout, text);
	}
	fflush(stdout);
}

static int
finish(const struct verb *v, const struct message *m, bool moving)
{
	if (moving)
		fputs("\r\033[K", stdout);
	fflush(stdout);
	if (m->code != EXIT_DONE)
		log_line(LOG_ERROR, "%s: %s", v->name, *m->text != '\0' ? m->text : "failed");
	return m->code;
}

/* Show each step until the answer comes. */
static int
follow(const struct verb *v, int socket)
{
	bool moving = isatty(STDOUT_FILENO), printed = false;
	msec began = clock_now();
	struct buildlog log;
	struct message m;
	int fd = -1, got;

	buildlog_init(&log);
	while ((got = call_hear(socket, &m, &fd, moving || log.fd != -1 ? 100 : -1)) != -1) {
		buildlog_read(&log, !moving);
		if (got == 1 && m.type == MESSAGE_LOG) {
			buildlog_open(&log, fd);
			printed = !moving && fd != -1;
			fd = -1;
		} else if (got == 1 && m.type == MESSAGE_STEP) {
			/* whoever has seen all that a build wrote needs no last lines of it */
			if (m.value == 1 && printed)
				fd_close(&fd);
			else
				print_step(&m, fd, moving);
			fd = -1;
		} else if (got == 1)
			break;
		if (moving && got == 0)
			print_progress(v, began, log.last);
	}
	buildlog_close(&log, !moving);
	if (got == -1)
		return EXIT_NO_INIT;
	fd_close(&fd);
	return finish(v, &m, moving);
}

static int
run_order(const struct verb *v, const struct config *c, const struct request *r)
{
	int socket = call_open(&c->plain), result;

	if (socket == -1)
		return EXIT_NO_INIT;
	result = call_ask(socket, v->type, r->service, r->flags,
	    (int32_t)r->number);
	if (result == EXIT_DONE)
		result = follow(v, socket);
	fd_close(&socket);
	return result;
}

/* The releases of whom a request is about, or NULL: PID 1 finds the words for that. */
static const struct options *
quiet_shelf(const struct config *c, const char *name)
{
	int i;

	for (i = 0; i < c->count; i++)
		if ((c->count == 1 && name[0] == '\0') || strcmp(c->services[i].name, name) == 0)
			return c->services[i].options.live != NULL ? &c->services[i].options : NULL;
	return NULL;
}

/* PID 1 does not look at the disk, so whether the release is there is found out here. */
static int
run_rollback(const struct verb *v, const struct config *c, const struct request *r)
{
	const struct options *o = r->number != 0 ? quiet_shelf(c, r->service) : NULL;

	if (o != NULL && !shelf_has(o, (int32_t)r->number))
		return EXIT_FAILED;
	return run_order(v, c, r);
}

/* ready, live: an answer at once, or none is as good as no. */
static int
run_question(const struct verb *v, const struct config *c, const struct request *r)
{
	int socket = call_open(&c->plain), fd = -1, got;
	struct message m;

	if (socket == -1)
		return EXIT_NO_INIT;
	if (call_ask(socket, v->type, r->service, r->flags, 0) != EXIT_DONE)
		return EXIT_NO_INIT;
	got = call_hear(socket, &m, &fd, CALL_PATIENCE_MS);
	if (got == 0)
		log_line(LOG_ERROR, "baton did not answer within %d s", CALL_PATIENCE_MS / 1000);
	fd_close(&fd);
	fd_close(&socket);
	if (got != 1)
		return EXIT_NO_INIT;
	if (m.code != EXIT_DONE)
		log_line(LOG_ERROR, "not %s: %s", v->name, m.text);
	return m.code;
}

static int
run_upgrade(const struct verb *v, const struct config *c, const struct request *r)
{
	int socket = call_open(&c->plain), result;

	(void)v;
	if (socket == -1)
		return EXIT_NO_INIT;
	result = offer(socket, r->path);
	fd_close(&socket);
	return result;
}

static int
run_status(const struct verb *v, const struct config *c, const struct request *r)
{
	enum { PAUSE_US = 1000000 };
	static struct state st;
	struct rolls rolls = { 0 };
	int socket = call_open(&c->plain), result;
	bool moving = r->watch && isatty(STDOUT_FILENO);

	(void)v;
	if (socket == -1)
		return EXIT_NO_INIT;
	while ((result = call_state(socket, &st, &rolls)) == EXIT_DONE) {
		if (moving)
			fputs("\033[H\033[2J", stdout);
		if (r->json)
			status_print_json(&st, &rolls, call_peer(socket));
		else
			status_print(&st, &rolls, call_peer(socket), r->connections);
		rolls_free(&rolls);
		if (fflush(stdout) != 0 || !r->watch)
			break;
		usleep(PAUSE_US);
		if (!moving && !r->json)
			putchar('\n');
	}
	fd_close(&socket);
	return result;
}

/* Whose releases: by name, or of the only service that keeps any; NULL, and said, when unclear. */
static const struct options *
find_shelf(const struct verb *v, const struct config *c, const char *name)
{
	const struct options *found = NULL;
	int i, count = 0;

	for (i = 0; i < c->count; i++) {
		const struct service_config *sc = &c->services[i];

		if (c->count == 1 ? name[0] != '\0' :
		    name[0] != '\0' ? strcmp(sc->name, name) != 0 : sc->options.live == NULL)
			continue;
		found = &sc->options;
		count++;
	}
	if (count == 1)
		return found;
	if (name[0] != '\0')
		log_line(LOG_ERROR, "%s: there is no service '%s' in BATON_CONFIG", v->name, name);
	else
		log_line(LOG_ERROR, "%s: which service? %d of BATON_CONFIG have a live path",
		    v->name, count);
	return NULL;
}

/* As the running baton knows it: the only one has no need of a name. */
static const char *
name_of(const struct config *c, const struct options *o)
{
	int i;

	for (i = 0; c->count > 1 && i < c->count; i++)
		if (&c->services[i].options == o)
			return c->services[i].name;
	return "";
}

static int
run_releases(const struct verb *v, const struct config *c, const struct request *r)
{
	const struct options *o = find_shelf(v, c, r->service);

	return o == NULL ? EXIT_USAGE : shelf_releases(o, r->json);
}

/* The log comes first, then, with --follow, the end of its build. */
static int
show_log(const struct verb *v, int socket)
{
	struct buildlog log;
	struct message m;
	int fd = -1, got;

	buildlog_init(&log);
	while ((got = call_hear(socket, &m, &fd, log.fd != -1 ? 100 : CALL_PATIENCE_MS)) != -1) {
		if (got == 1 && m.type == MESSAGE_LOG && log.fd == -1)
			buildlog_open(&log, fd);
		else if (got == 1 || log.fd == -1)
			break;
		fd = -1;
		buildlog_read(&log, true);
	}
	buildlog_close(&log, true);
	fd_close(&fd);
	if (got == 0)
		log_line(LOG_ERROR, "baton did not answer within %d s", CALL_PATIENCE_MS / 1000);
	return got == 1 ? finish(v, &m, false) : EXIT_NO_INIT;
}

/* Of the running baton; where none runs, what its releases directory still has. */
static int
run_logs(const struct verb *v, const struct config *c, const struct request *r)
{
	const struct options *o = find_shelf(v, c, r->service);
	int socket, result;

	if (o == NULL)
		return EXIT_USAGE;
	socket = r->follow ? call_open(&c->plain) : call_try(&c->plain);
	if (socket == -1)
		return r->follow ? EXIT_NO_INIT : shelf_log(o, (int32_t)r->number);
	result = call_ask(socket, v->type, name_of(c, o), r->follow ? ASK_FOLLOW : 0,
	    (int32_t)r->number);
	if (result == EXIT_DONE)
		result = show_log(v, socket);
	fd_close(&socket);
	return result;
}

static const struct verb verbs[] = {
	{ "status", " --connections --json --watch ", MESSAGE_ASK_STATUS, run_status },
	{ "reload", " --drained --no-wait --now S ", MESSAGE_ASK_RELOAD, run_order },
	{ "build", " --drained --no-wait --now S ", MESSAGE_ASK_BUILD, run_order },
	{ "rollback", " --drained --no-wait --now N S ", MESSAGE_ASK_ROLLBACK, run_rollback },
	{ "promote", " --drained --no-wait S ", MESSAGE_ASK_PROMOTE, run_order },
	{ "upgrade", " P ", MESSAGE_ASK_UPGRADE, run_upgrade },
	{ "ready", " S ", MESSAGE_ASK_READY, run_question },
	{ "live", "", MESSAGE_ASK_LIVE, run_question },
	{ "releases", " --json S ", MESSAGE_NONE, run_releases },
	{ "logs", " build --follow N S ", MESSAGE_ASK_LOG, run_logs },
};

static const struct {
	const char *name;
	int32_t flag;
} flags[] = {
	{ "--now", ASK_NOW }, { "--drained", ASK_DRAINED }, { "--no-wait", ASK_NO_WAIT },
};

static const struct verb *
find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool
takes(const struct verb *v, const char *word)
{
	char spaced[32];

	return snprintf(spaced, sizeof(spaced), " %s ", word) < (int)sizeof(spaced) &&
	    strstr(v->takes, spaced) != NULL;
}

/* One argument. Returns whether this verb takes it. */
static bool
take(const struct verb *v, const char *argument, struct request *r)
{
	size_t i;

	if (text_number(argument, 1, INT32_MAX, &r->number) == 0)
		return takes(v, "N");
	if (argument[0] != '-' && !takes(v, argument) && takes(v, "S") && r->service[0] == '\0') {
		r->service = argument;
		return true;
	}
	if (argument[0] != '-' && takes(v, "P") && r->path == NULL) {
		r->path = argument;
		return true;
	}
	/* a letter of the table stands for something, and is no word itself */
	if (strlen(argument) == 1 || !takes(v, argument))
		return false;
	r->json |= strcmp(argument, "--json") == 0;
	r->connections |= strcmp(argument, "--connections") == 0;
	r->watch |= strcmp(argument, "--watch") == 0;
	r->follow |= strcmp(argument, "--follow") == 0;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(flags[i].name, argument) == 0)
			r->flags |= flags[i].flag;
	return true;
}

static int
read_arguments(const struct verb *v, int argc, char *const argv[], struct request *r)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!take(v, argv[i], r))
			return print_usage_error(v->name, argv[i]);
	if ((r->flags & ASK_DRAINED) && (r->flags & ASK_NO_WAIT)) {
		log_line(LOG_ERROR, "%s: --drained waits and --no-wait does not: give one of them",
		    v->name);
		return EXIT_USAGE;
	}
	if (takes(v, "build") && (argc < 2 || strcmp(argv[1], "build") != 0)) {
		log_line(LOG_ERROR, "%s: whose? 'baton logs build' shows the last build's", v->name);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* What is wrong with the other variables is not this command's business. */
static void
say_nothing(const char *sentence)
{
	(void)sentence;
}

int
ctl_run(int argc, char *const argv[])
{
	const struct verb *v = find_verb(argv[0]);
	struct request r = { .service = "" };
	static struct config config;
	int result;

	if (v == NULL)
		return print_usage_error("baton", argv[0]);
	if ((result = read_arguments(v, argc, argv, &r)) != EXIT_DONE)
		return result;
	config_read(&config, environ, NULL, say_nothing);
	return v->run(v, &config, &r);
}
