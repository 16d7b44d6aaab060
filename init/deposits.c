/* deposits.c - the descriptors that PID 1 holds for workers. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/deposits.h"
#include "init/init.h"

static int
send_one(const struct keeper_record *k, const struct deposit *d)
{
	struct message part = { .type = MESSAGE_NAME, .serial = k->serial };
	struct message m = { .type = MESSAGE_STORED, .serial = k->serial, .value = d->id };
	const char *name = d->name;

	for (; strlen(name) >= MESSAGE_TEXT; name += MESSAGE_TEXT - 1) {
		text_copy(part.text, sizeof(part.text), name);
		if (wire_send(k->channel, &part, -1) == -1)
			return -1;
	}
	text_copy(m.text, sizeof(m.text), name);
	return wire_send(k->channel, &m, d->fd);
}

int
deposits_introduce(struct served *sv, const struct keeper_record *k)
{
	int i;

	for (i = 0; i < sv->deposits.count; i++)
		if (send_one(k, &sv->deposits.list[i]) == -1)
			return -1;
	return 0;
}

/* A keeper that does not hear of it gives its next workers one less, or one too many that is dead. */
static void
tell_all(struct served *sv, const struct deposit *new, uint32_t gone)
{
	struct message m = { .type = MESSAGE_UNSTORED, .value = gone };
	int i, said;

	for (i = 0; i < GENERATIONS; i++) {
		const struct keeper_record *k = &sv->keepers[i];

		if (k->serial == 0 || k->channel == -1)
			continue;
		m.serial = k->serial;
		said = new != NULL ? send_one(k, new) : wire_send(k->channel, &m, -1);
		if (said == -1 && errno != EPIPE && errno != ECONNRESET)
			log_line(LOG_WARNING, "generation %u: its keeper was not told of a stored "
			    "descriptor: %m", k->serial);
	}
}

static void
drop(struct served *sv, struct deposit *d)
{
	uint32_t id = d->id;

	deposit_drop(&sv->deposits, d);
	tell_all(sv, NULL, id);
}

static void
keep(struct init *init, struct served *sv, const struct keeper_record *k, bool poll, int fd)
{
	int most = init_options(init, sv)->fdstore_most, copy;
	const struct deposit *new;

	if (fd == -1 || (copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1) {
		log_line(LOG_WARNING, "generation %u: descriptor '%s' is not stored: baton has none "
		    "free for it (RLIMIT_NOFILE)", k->serial, k->naming);
		return;
	}
	if ((new = deposit_add(&sv->deposits, 0, copy, k->naming, poll, most)) != NULL) {
		log_line(LOG_DEBUG, "generation %u: descriptor '%s' is stored", k->serial, new->name);
		tell_all(sv, new, 0);
		return;
	}
	if (errno == ENOSPC)
		log_line(LOG_WARNING, "generation %u: descriptor '%s' is not stored: there are %d "
		    "already (BATON_FDSTORE_MAX=%d)", k->serial, k->naming, sv->deposits.count, most);
	fd_close(&copy);
}

void
deposits_hear(struct init *init, struct served *sv, struct keeper_record *k,
    const struct message *m, int fd)
{
	struct deposit *d;

	text_append(k->naming, sizeof(k->naming), "%s", m->text);
	if (m->type == MESSAGE_NAME)
		return;
	if (m->type == MESSAGE_STORE && notice_name_is_good(k->naming))
		keep(init, sv, k, m->value != 0, fd);
	while (m->type == MESSAGE_STORE_REMOVE &&
	    (d = deposit_named(&sv->deposits, k->naming)) != NULL)
		drop(sv, d);
	k->naming[0] = '\0';
}

void
deposits_hung_up(struct served *sv, uint32_t id)
{
	struct deposit *d = deposit_find(&sv->deposits, id);

	if (d == NULL || !d->poll)
		return;
	log_line(LOG_DEBUG, "stored descriptor '%s' has hung up: dropped", d->name);
	drop(sv, d);
}

void
deposits_end(struct served *sv)
{
	while (sv->deposits.count > 0)
		deposit_drop(&sv->deposits, &sv->deposits.list[sv->deposits.count - 1]);
}
