/* fetch.c - workers that ask for their slots over BATON_SOCKET (docs/libhandoff.md has the words). */
#include <sys/socket.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "handoff/keep.h"

enum { VERSION = 1, EVENT_TEXT = 64, REPLY_TEXT = 60 * 1024 };

static void
send_packet(int socket, const char *text, const int *fds, int count)
{
	static union {
		char bytes[CMSG_SPACE(GIVEN_MOST * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (count > 0) {
		packet.msg_control = control.bytes;
		packet.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
		c = CMSG_FIRSTHDR(&packet);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, (size_t)count * sizeof(int));
	}
	sendmsg(socket, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void __attribute__((format(printf, 2, 3)))
say(const struct guest *g, const char *format, ...)
{
	char text[EVENT_TEXT];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	send_packet(g->socket, text, NULL, 0);
}

/* What it would have heard, had it been there. */
static void
catch_up(const struct keeper *k, const struct guest *g)
{
	msec until = k->workers[g->worker].drains_until, now = clock_now();

	if (k->promoted)
		say(g, "serving");
	if (until != 0)
		say(g, "drain %lld", (long long)(until > now ? until - now : 0));
	if (k->workers[g->worker].signalled)
		say(g, "stop");
}

static void
seat(struct keeper *k, int socket, int worker)
{
	int i;

	for (i = 0; i < FETCH_GUESTS && k->guests[i].socket != -1; i++)
		;
	if (i == FETCH_GUESTS) {
		say(&(struct guest){ socket, worker }, "no room: %d connections are open",
		    FETCH_GUESTS);
		close(socket);
		return;
	}
	k->guests[i] = (struct guest){ socket, worker };
	say(&k->guests[i], "baton %d %u %d", VERSION, k->config->serial, worker);
	catch_up(k, &k->guests[i]);
}

void
fetch_open(struct keeper *k)
{
	char path[64];
	int i;

	for (i = 0; i < FETCH_GUESTS; i++)
		k->guests[i].socket = -1;
	snprintf(path, sizeof(path), "fetch.%d.%u", (int)getpid(), k->config->serial);
	k->fetch = notify_open(SOCK_SEQPACKET, k->config->sockets, path, k->fetch_name);
}

void
fetch_accept(struct keeper *k)
{
	int socket = accept4(k->fetch, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);
	int worker;

	if (socket == -1)
		return;
	getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size);
	if ((worker = workers_of(k, who.pid)) != DRAIN_NOBODY) {
		seat(k, socket, worker);
		return;
	}
	log_line(LOG_WARNING, "generation %u: process %d, which is none of its workers', came to "
	    "their BATON_SOCKET: sent away", k->config->serial, (int)who.pid);
	close(socket);
}

static void
give_slots(struct keeper *k, const struct guest *g)
{
	static char text[REPLY_TEXT];
	struct worker *w = &k->workers[g->worker];
	int fds[GIVEN_MOST], count, slots;

	count = given_all(k, g->worker, given_by_fetch(k), fds, &slots);
	given_describe(k, g->worker, slots, text, sizeof(text));
	send_packet(g->socket, text, fds, count);
	catch_up(k, g);		/* it may have passed over it while it waited for the answer */
	if (slots == 0)
		return;
	terminal_give_back(k);
	keep_tell(k, MESSAGE_ADOPTED, ADOPTED_FETCH, w->pid, "", -1);
	w->bound = true;
	binds_announce(k);
}

void
fetch_hear(struct keeper *k, int index)
{
	static struct notified got;
	struct guest *g = &k->guests[index];
	int heard;

	if (g->socket == -1)		/* it left in this turn */
		return;
	if ((heard = notify_receive(g->socket, &got)) == 0)
		return;
	if (heard == 1 && got.length == strlen("slots") &&
	    memcmp(got.text, "slots", got.length) == 0)
		give_slots(k, g);
	else if (heard == 1 && (got.length > 0 || got.cut))
		voice_take(k, g->worker, &got);
	else
		fd_close(&g->socket);
	if (heard == 1)
		notify_drop(&got);
}

void
fetch_forget(struct keeper *k, int worker)
{
	int i;

	for (i = 0; i < FETCH_GUESTS; i++)
		if (k->guests[i].worker == worker)
			fd_close(&k->guests[i].socket);
}

/* --- what they learn --------------------------------------------------------------------------- */

void
fetch_serving(const struct keeper *k)
{
	int i;

	for (i = 0; i < FETCH_GUESTS; i++)
		if (k->guests[i].socket != -1)
			say(&k->guests[i], "serving");
}

static void
say_to(const struct keeper *k, int worker, const char *text)
{
	int i;

	for (i = 0; i < FETCH_GUESTS; i++)
		if (k->guests[i].socket != -1 && k->guests[i].worker == worker)
			say(&k->guests[i], "%s", text);
}

void
fetch_drains(struct keeper *k, int worker, msec budget)
{
	char text[EVENT_TEXT];

	if (k->workers[worker].drains_until != 0)	/* it was told */
		return;
	k->workers[worker].drains_until = clock_now() + budget;
	snprintf(text, sizeof(text), "drain %lld", (long long)budget);
	say_to(k, worker, text);
}

void
fetch_stays(struct keeper *k, int worker)
{
	if (k->workers[worker].drains_until == 0)
		return;
	k->workers[worker].drains_until = 0;
	say_to(k, worker, "serving");
}

void
fetch_stops(const struct keeper *k, int worker)
{
	say_to(k, worker, "stop");
}
