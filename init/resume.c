/* resume.c - the second way into PID 1. */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/boot.h"
#include "init/carried.h"
#include "init/command.h"
#include "init/init.h"
#include "init/resume.h"
#include "init/signals.h"
#include "init/takeover.h"

static char why[MESSAGE_TEXT];		/* it does not come up */

/* Of all that is wrong with the configuration the log has everything, and who asked the first. */
static void
report(const char *sentence)
{
	if (why[0] == '\0')
		text_copy(why, sizeof(why), sentence);
	log_line(LOG_ERROR, "%s", sentence);
}

static int
read_state(const struct takeover *t, struct init *init, char version[static CARRYOVER_VERSION])
{
	int fd = t->state;
	struct stat st;
	char *text;
	int result;

	if (!takeover_is_sealed(fd) && t->word != TAKEOVER_BACK) {
		text_copy(why, sizeof(why), "the state it was given is not sealed");
		return -1;
	}
	if (fstat(fd, &st) == -1 || (text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
	    fd, 0)) == MAP_FAILED) {
		snprintf(why, sizeof(why), "cannot read the state: %s", strerror(errno));
		return -1;
	}
	result = carryover_read(text, (size_t)st.st_size, &carried_init, init, version, why);
	munmap(text, (size_t)st.st_size);
	return result;
}

/* Is it about the services that the configuration has? */
static bool
is_as_configured(const struct init *init)
{
	const struct state *st = &init->state;
	int i;

	if (st->service_count != init->config->count)
		return false;
	for (i = 0; i < st->service_count; i++)
		if (strcmp(st->services[i].name, init->config->services[i].name) != 0)
			return false;
	return true;
}

static int
check(const struct takeover *t, struct init *init)
{
	int missing;

	if (t->word == TAKEOVER_BACK)	/* there is nobody else to be PID 1 */
		takeover_forget_missing(init);
	if (init->upgrade.language != MESSAGE_LANGUAGE)
		snprintf(why, sizeof(why), "it speaks language %d with keepers, and those that run "
		    "speak %d", MESSAGE_LANGUAGE, init->upgrade.language);
	else if (!is_as_configured(init))
		text_copy(why, sizeof(why), "its configuration has other services than those that run");
	else if ((missing = takeover_missing(init)) != -1)
		snprintf(why, sizeof(why), "descriptor %d of the state is not open", missing);
	else if (t->word != TAKEOVER_REHEARSE && init->state.pid != getpid())
		text_copy(why, sizeof(why), "the state is that of another process");
	else
		return 0;
	return -1;
}

/* All that can fail; nothing of it is seen by anybody. NULL, and why. */
static struct init *
restore(const struct takeover *t, char *const command[], char version[static CARRYOVER_VERSION])
{
	struct init *init = boot_begin(command, report);

	if (init == NULL || read_state(t, init, version) == -1 ||
	    check(t, init) == -1)
		return NULL;
	if ((init->signals = signals_open()) != -1)
		return init;
	snprintf(why, sizeof(why), "cannot receive signals: %s", strerror(errno));
	return NULL;
}

static int
rehearse(const struct takeover *t, bool fine)
{
	struct message m = { .type = fine ? MESSAGE_REHEARSED : MESSAGE_REFUSED };

	text_copy(m.text, sizeof(m.text), fine ? BATON_VERSION : why);
	return wire_send(t->number, &m, -1) == 0 && fine ? EXIT_DONE : EXIT_FAILED;
}

static int
go_back(const struct takeover *t)
{
	if (t->number != -1)
		takeover_back(t->number, t->state, why);
	log_line(LOG_ERROR, "cannot take over: %s", why);
	return EXIT_FAILED;
}

/* From here on we are it. */
static void
commit(const struct takeover *t, struct init *init)
{
	struct upgrade *u = &init->upgrade;
	int state = t->state;

	if (t->word == TAKEOVER_GO) {
		fd_close(&u->origin.self);
		u->origin.self = u->binary;
		u->binary = -1;
	}
	fd_close(&state);
	takeover_settle_descriptors(init, init->signals);
	log_forget();		/* it may have had a descriptor */
	role_resume(&u->origin);
	inherited_take(&u->inherited);
	prctl(PR_SET_NAME, u->name);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	boot_facts(init);
	init->more_to_reap = true;
	init->state.size = (uint32_t)state_size(&init->state);
}

int
resume(const struct takeover *t, char *const command[], char *const arguments[])
{
	char version[CARRYOVER_VERSION];
	struct init *init;

	takeover_open(arguments);
	init = restore(t, command, version);
	if (t->word == TAKEOVER_REHEARSE)
		return rehearse(t, init != NULL);
	if (init == NULL)
		return go_back(t);
	commit(t, init);
	if (t->word == TAKEOVER_GO)
		upgrade_done(init, version);
	else
		upgrade_failed(init, t->why);
	return boot_serve(init);
}
