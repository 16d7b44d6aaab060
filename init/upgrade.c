/* upgrade.c - PID 1 becomes another version of itself. */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/clients.h"
#include "init/command.h"
#include "init/init.h"
#include "init/permit.h"
#include "init/takeover.h"
#include "init/upgrade.h"

enum { REHEARSAL_MS = 10000, EXIT_NOT_EXECUTED = 126 };

void
upgrade_begin(struct upgrade *u)
{
	memset(u, 0, sizeof(*u));
	u->binary = u->channel = u->origin.self = u->origin.here = -1;
}

void
upgrade_learn(struct init *init, char *const arguments[])
{
	struct upgrade *u = &init->upgrade;
	ssize_t n = readlink("/proc/self/exe", u->path, sizeof(u->path));

	u->path[n > 0 && n < (ssize_t)sizeof(u->path) ? n : 0] = '\0';
	if (takeover_open(arguments) == -1)
		log_line(LOG_WARNING, "no memory: `baton upgrade` will not work");
}

/* --- the end of it ---------------------------------------------------------------------------- */

/* To those who wait for something: those who asked for this, and the others. */
static void
tell(struct init *init, const char *text, int code)
{
	struct message step = { .type = MESSAGE_STEP };
	struct client *c;
	int i;

	text_copy(step.text, sizeof(step.text), text);
	for (i = 0; i < CLIENTS; i++) {
		c = &init->state.clients[i];
		if (c->socket == -1 || c->waits == WAIT_NOTHING)
			continue;
		if (code == EXIT_DONE)
			wire_send(c->socket, &step, -1);
		if (c->waits == WAIT_UPGRADE)
			clients_finish(c, code, code == EXIT_DONE ? "" : text);
	}
}

static void
forget(struct upgrade *u)
{
	u->phase = UPGRADE_NONE;
	fd_close(&u->binary);
	fd_close(&u->channel);
}

void
upgrade_done(struct init *init, const char *from)
{
	struct state *st = &init->state;
	char text[MESSAGE_TEXT];

	text_copy(st->upgraded_from, sizeof(st->upgraded_from), from);
	st->upgraded = clock_now();
	st->upgrades++;
	init->upgrade.phase = UPGRADE_NONE;
	snprintf(text, sizeof(text), "upgraded from %s to %s, nothing was closed", from, st->version);
	log_line(LOG_INFO, "%s", text);
	tell(init, text, EXIT_DONE);
}

void
upgrade_failed(struct init *init, const char *why)
{
	log_line(LOG_ERROR, "not upgraded: %s; %s goes on", why, init->state.version);
	tell(init, why, EXIT_FAILED);
	forget(&init->upgrade);
}

/* --- the beginning ---------------------------------------------------------------------------- */

/* Nobody but root and we can have made it, or change it under our feet. NULL when it is fine. */
static const char *
find_fault(int binary)
{
	struct stat st;

	if (fstat(binary, &st) == -1)
		return "it cannot be looked at";
	if (!S_ISREG(st.st_mode))
		return "it is no regular file";
	if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return "it is not executable (chmod +x)";
	if ((st.st_mode & (S_ISUID | S_ISGID)) != 0)
		return "it is set-user-id or set-group-id: baton would be somebody else (chmod ug-s)";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "its owner is neither root nor the user that baton runs as (chown)";
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others than its owner may write it (chmod go-w)";
	return NULL;
}

/* Where the next one is found if nobody says: where this one was. */
static void
answer_path(const struct init *init, struct client *c)
{
	struct message m = { .type = MESSAGE_BINARY };
	const char *path = init->upgrade.path;
	int copy;

	if (path[0] == '\0') {
		clients_finish(c, EXIT_FAILED, "where baton was started from is not known: give a path");
		return;
	}
	if ((copy = fd_sealed("path", path, strlen(path))) == -1)
		clients_finish(c, EXIT_FAILED, strerror(errno));
	else
		wire_send(c->socket, &m, copy);
	fd_close(&copy);
}

/* In the child: it never comes back. */
_Noreturn static void
rehearse(struct init *init, int state, int channel)
{
	struct takeover t = { .word = TAKEOVER_REHEARSE, .state = state, .number = channel };
	struct message m = { .type = MESSAGE_REFUSED };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	takeover_exec(init, init->upgrade.binary, &t);
	snprintf(m.text, sizeof(m.text), "cannot be executed: %s", strerror(errno));
	wire_send(channel, &m, -1);
	_exit(EXIT_NOT_EXECUTED);
}

static int
begin_rehearsal(struct init *init)
{
	struct upgrade *u = &init->upgrade;
	int state = takeover_write(init), ends[2] = { -1, -1 };
	pid_t pid = -1;

	if (state != -1 && wire_pair(ends) == 0 && (pid = fork()) == 0)
		rehearse(init, state, ends[1]);
	fd_close(&state);
	fd_close(&ends[1]);
	if (pid == -1) {
		fd_close(&ends[0]);
		return -1;
	}
	u->rehearsal = pid;
	u->channel = ends[0];
	u->until = clock_now() + REHEARSAL_MS;
	u->phase = UPGRADE_REHEARSING;
	return 0;
}

void
upgrade_ask(struct init *init, struct client *c, int binary)
{
	struct upgrade *u = &init->upgrade;
	char why[MESSAGE_TEXT];
	const char *fault;

	if (binary == -1) {
		answer_path(init, c);
		return;
	}
	if (init->ending || u->phase != UPGRADE_NONE || u->rehearsal != 0) {
		clients_finish(c, init->ending ? EXIT_FAILED : EXIT_BUSY, init->ending ?
		    "baton is ending" : "another upgrade is under way");
		return;
	}
	if ((fault = find_fault(binary)) != NULL) {
		clients_finish(c, EXIT_FAILED, fault);
		return;
	}
	u->passed = false;
	u->version[0] = u->why[0] = '\0';
	c->waits = WAIT_UPGRADE;
	if ((u->binary = fcntl(binary, F_DUPFD_CLOEXEC, 0)) != -1 && begin_rehearsal(init) == 0)
		return;
	snprintf(why, sizeof(why), "cannot rehearse it: %s", strerror(errno));
	upgrade_failed(init, why);
}

/* --- the rehearsal ---------------------------------------------------------------------------- */

void
upgrade_hear(struct init *init)
{
	struct upgrade *u = &init->upgrade;
	struct message m;
	int fd = -1, got;

	if (u->channel == -1)
		return;
	got = wire_receive(u->channel, &m, &fd);
	if (got == -1 && errno == EAGAIN)
		return;
	if (got != 1 || !permit(PEER_REHEARSAL, &m, fd))
		fd_close(&u->channel);
	else if (m.type == MESSAGE_REFUSED)
		text_copy(u->why, sizeof(u->why), m.text);
	else {
		u->passed = true;
		text_copy(u->version, sizeof(u->version), m.text);
	}
	fd_close(&fd);
}

static void
describe_end(const struct upgrade *u, int status, char why[MESSAGE_TEXT])
{
	if (u->why[0] != '\0')
		text_copy(why, MESSAGE_TEXT, u->why);
	else if (WIFSIGNALED(status))
		snprintf(why, MESSAGE_TEXT, "its rehearsal was killed by signal %d",
		    WTERMSIG(status));
	else
		snprintf(why, MESSAGE_TEXT, "its rehearsal ended with status %d%s",
		    WEXITSTATUS(status), u->passed ? "" : " and did not say that it would come up");
}

bool
upgrade_ended(struct init *init, pid_t pid, int status)
{
	struct upgrade *u = &init->upgrade;
	char why[MESSAGE_TEXT];
	int heard;

	if (u->rehearsal == 0 || u->rehearsal != pid)
		return false;
	init_about(init, NULL);
	for (heard = 0; heard < 2; heard++)
		upgrade_hear(init);
	u->rehearsal = 0;
	fd_close(&u->channel);
	if (u->phase != UPGRADE_REHEARSING)	/* given up before */
		return true;
	if (u->passed && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		u->phase = UPGRADE_DUE;
		return true;
	}
	describe_end(u, status, why);
	upgrade_failed(init, why);
	return true;
}

/* --- the exec --------------------------------------------------------------------------------- */

static void
go(struct init *init)
{
	struct upgrade *u = &init->upgrade;
	struct takeover t = { .word = TAKEOVER_GO, .state = takeover_write(init),
		.number = u->origin.self };
	char why[MESSAGE_TEXT];

	if (t.state != -1)
		takeover_exec(init, u->binary, &t);
	snprintf(why, sizeof(why), "cannot be executed: %s", strerror(errno));
	fd_close(&t.state);
	upgrade_failed(init, why);
}

static void
give_up(struct init *init, const char *why)
{
	if (init->upgrade.rehearsal != 0)
		kill(init->upgrade.rehearsal, SIGKILL);
	upgrade_failed(init, why);
}

void
upgrade_settle(struct init *init)
{
	const struct upgrade *u = &init->upgrade;

	if (u->phase == UPGRADE_NONE)
		return;
	if (init->ending)
		give_up(init, "baton is ending");
	else if (u->phase == UPGRADE_REHEARSING && u->until <= clock_now())
		give_up(init, "its rehearsal was not over within 10 s: killed");
	else if (u->phase == UPGRADE_DUE && init->event_count == 0)
		go(init);
}

msec
upgrade_deadline(const struct init *init)
{
	return init->upgrade.phase == UPGRADE_REHEARSING ? init->upgrade.until : CLOCK_NEVER;
}
