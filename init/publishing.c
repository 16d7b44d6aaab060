/* publishing.c - PID 1's side of the release store. */
#include <sys/wait.h>

#include <stdio.h>

#include "base/log.h"
#include "init/building.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/moving.h"
#include "init/publishing.h"

enum {
	AGAIN_MS = 1000,	/* after the store could not be started, or was killed */
	MOST_IMPORTS = 3
};

/* What is live is known: serve it; with nothing live, wait for the first build if there is one. */
static void
boot(struct init *init, struct served *sv)
{
	int32_t live = sv->published;

	sv->build.told = live;
	if (live != 0 || sv->as_it_is || init_options(init, sv)->build == NULL)
		init_event(init, sv, (struct event){ .type = EVENT_BOOTED, .release = live });
	building_begin(init, sv);
}

void
publishing_begin(struct init *init, struct served *sv)
{
	char *argv[] = { (char *)"baton", (char *)"store", sv->name, (char *)"import", NULL };

	sv->store_job = STORE_IMPORT;
	sv->store.release = 0;
	if (init_options(init, sv)->live == NULL || helpers_start(sv, HELPER_STORE, argv) == -1)
		boot(init, sv);
}

/* The pure part sees what it is about, and nothing else. */
static struct moving
moving_of(const struct served *sv)
{
	return (struct moving){
		.next = sv->publish_next, .published = sv->published,
		.busy = sv->store.pid != 0 && sv->store_job == STORE_PUBLISH ? sv->store.release : 0,
	};
}

void
publishing_wish(struct init *init, struct served *sv, int32_t release)
{
	struct moving m = moving_of(sv);

	if (init_options(init, sv)->live == NULL)
		return;
	moving_wish(&m, release);
	sv->publish_next = m.next;
}

void
publishing_hear(struct init *init, struct served *sv, const struct message *m, int fd)
{
	(void)init;
	(void)fd;
	sv->published = m->release;
	sv->as_it_is = m->code != 0;
}

int
publishing_unite(struct init *init, struct served *sv, int32_t release)
{
	if (init_options(init, sv)->assets == NULL)
		return -1;
	/* the one before waits no longer: this one is newer */
	if (release != 0 && sv->unite_next != 0)
		building_go_on(init, sv, sv->unite_next);
	if (release != 0)
		sv->unite_next = release;
	sv->unite = true;
	return 0;
}

int32_t
publishing_unites(const struct served *sv)
{
	if (sv->unite_next != 0)
		return sv->unite_next;
	return sv->store.pid != 0 && sv->store_job == STORE_UNITE ? sv->store.release : 0;
}

void
publishing_hurry(struct init *init, struct served *sv)
{
	if (sv->store.pid != 0 && sv->store_job == STORE_UNITE && sv->store.release != 0) {
		building_go_on(init, sv, sv->store.release);
		sv->store.release = 0;
	}
	if (sv->unite_next != 0) {
		building_go_on(init, sv, sv->unite_next);
		sv->unite_next = 0;
	}
}

/* Killed, by whomever, it says nothing about what it was to do. */
static bool
import_again(struct init *init, struct served *sv, int status)
{
	if (!WIFSIGNALED(status) || sv->store.starts >= MOST_IMPORTS)
		return false;
	log_line(LOG_WARNING, "the store was killed by signal %d while it looked at BATON_LIVE=%s: "
	    "started again", WTERMSIG(status), init_options(init, sv)->live);
	publishing_begin(init, sv);
	return true;
}

static void
imported(struct init *init, struct served *sv, int status)
{
	if (import_again(init, sv, status))
		return;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		log_line(LOG_ERROR, "what BATON_LIVE=%s holds cannot be made a release; "
		    "the command runs on it as it is", init_options(init, sv)->live);
		sv->as_it_is = true;
	}
	boot(init, sv);
}

static void
was_published(struct init *init, struct served *sv, int status)
{
	const char *live = init_options(init, sv)->live;
	int32_t release = sv->store.release;
	struct moving m = {
		.next = sv->publish_next, .busy = release, .published = sv->published,
	};
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	moving_ended(&m, well, WIFSIGNALED(status));
	sv->published = m.published;
	sv->publish_next = m.next;
	if (well)
		return;
	if (!WIFSIGNALED(status)) {
		log_line(LOG_ERROR, "BATON_LIVE=%s could not be moved to release %d; "
		    "it is served all the same", live, release);
		return;
	}
	log_line(LOG_WARNING, "the store was killed by signal %d while it moved BATON_LIVE=%s to "
	    "release %d: tried again in %d ms", WTERMSIG(status), live, release, AGAIN_MS);
	sv->store.start_at = clock_now() + AGAIN_MS;
}

void
publishing_ended(struct init *init, struct served *sv, int status)
{
	int32_t release = sv->store.release;

	switch (sv->store_job) {
	case STORE_IMPORT:
		imported(init, sv, status);
		return;
	case STORE_PUBLISH:
		was_published(init, sv, status);
		break;
	case STORE_UNITE:
		/* whatever came of it, each release has its own */
		if (release != 0)
			building_go_on(init, sv, release);
		break;
	}
	sv->store.release = 0;
}

/* 0, or -1 and it could not be started. */
static int
start(struct served *sv, enum store_job job, int32_t release, char *verb, char *argument)
{
	char *argv[] = { (char *)"baton", (char *)"store", sv->name, verb, argument, NULL };

	sv->store_job = job;
	sv->store.release = release;
	return helpers_start(sv, HELPER_STORE, argv);
}

static void
begin_unite(struct init *init, struct served *sv)
{
	int32_t release = sv->unite_next;
	char in_use[MESSAGE_TEXT];

	sv->unite = false;
	sv->unite_next = 0;
	if ((!building_in_use(sv, in_use, sizeof(in_use)) ||
	    start(sv, STORE_UNITE, release, (char *)"unite", in_use) == -1) && release != 0)
		building_go_on(init, sv, release);
}

void
publishing_settle(struct init *init, struct served *sv)
{
	char number[16];

	struct moving m = moving_of(sv);
	int32_t due = moving_due(&m);

	if (sv->store.pid != 0)
		return;
	if (sv->unite) {
		begin_unite(init, sv);
		return;
	}
	if (due == 0 || clock_now() < sv->store.start_at)
		return;
	snprintf(number, sizeof(number), "%d", due);
	if (start(sv, STORE_PUBLISH, due, (char *)"publish", number) == -1) {
		sv->store.start_at = clock_now() + AGAIN_MS;
		return;
	}
	moving_started(&m);
	sv->publish_next = m.next;
}
