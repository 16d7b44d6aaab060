/* upward.c - what baton says to whoever is above it. */
#include <sys/socket.h>
#include <sys/un.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "init/init.h"
#include "init/upward.h"

void
upward_open(struct init *init)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un above = { .sun_family = AF_UNIX };
	size_t length = name != NULL ? strlen(name) : 0;

	init->upward.socket = -1;
	if (length == 0)
		return;
	if ((name[0] != '/' && name[0] != '@') || length >= sizeof(above.sun_path)) {
		log_line(LOG_WARNING, "NOTIFY_SOCKET=%s: neither a path nor an abstract name that "
		    "fits in a socket's address: nobody above is told anything", name);
		return;
	}
	memcpy(above.sun_path, name, length);
	if (name[0] == '@')
		above.sun_path[0] = '\0';
	init->upward.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(init->upward.socket, (struct sockaddr *)&above,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0)
		return;
	log_line(LOG_WARNING, "NOTIFY_SOCKET=%s: %m: nobody above is told anything", name);
	fd_close(&init->upward.socket);
}

/* "web: serving generation 3; api: handing over to generation 2" */
static void
status_text(const struct init *init, char *to, size_t size)
{
	const struct service *s;
	uint32_t serial;
	int i;

	text_copy(to, size, "STATUS=");
	for (i = 0; i < init->state.service_count; i++) {
		s = &init->state.services[i].service;
		serial = s->candidate != 0 ? s->candidate : s->live;
		if (init->state.service_count > 1)
			text_append(to, size, "%s%s: ", i > 0 ? "; " : "",
			    init->state.services[i].name);
		text_append(to, size, "%s", service_shown(s));
		if (serial != 0)
			text_append(to, size, s->candidate != 0 && s->live != 0 ?
			    " to generation %u" : " generation %u", serial);
	}
}

static enum upward_said
what_to_say(const struct init *init)
{
	bool moving = false;
	int i;

	if (init->ending)
		return UPWARD_STOPPING;
	for (i = 0; i < init->state.service_count; i++) {
		const struct served *sv = &init->state.services[i];

		if (sv->critical && sv->service.stopping)
			return UPWARD_STOPPING;
		if (sv->critical && sv->service.live == 0)
			return init->upward.said == UPWARD_NOTHING ? UPWARD_NOTHING :
			    UPWARD_RELOADING;
		moving |= sv->critical && sv->service.candidate != 0;
	}
	return moving && init->upward.said != UPWARD_NOTHING ? UPWARD_RELOADING : UPWARD_READY;
}

void
upward_settle(struct init *init)
{
	enum upward_said now;
	char text[512], status[400];
	struct timespec ts;

	if (init->upward.socket == -1 || (now = what_to_say(init)) == UPWARD_NOTHING ||
	    now == init->upward.said)
		return;
	init->upward.said = now;
	status_text(init, status, sizeof(status));
	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (now == UPWARD_RELOADING)
		snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld\n%s",
		    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000, status);
	else
		snprintf(text, sizeof(text), "%s\n%s",
		    now == UPWARD_READY ? "READY=1" : "STOPPING=1", status);
	send(init->upward.socket, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}
