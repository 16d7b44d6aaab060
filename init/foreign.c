/* foreign.c - variables that begin with BATON_, are not in the table, and are no mistake. */
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "init/foreign.h"

static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const schemes[] = { "tcp://", "udp://", "sctp://", NULL };

static bool
begins_with_any(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (text_begins(text, *words))
			return true;
	return false;
}

static bool
is_inherited(const char *name)
{
	static const char *const names[] = {
		"GENERATION", "WORKER", "RELEASE", "SOCKET", "OUT", "CHANGED", "TRIGGER", NULL,
	};
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* "PORT_80_TCP", "WEB_PORT_80_TCP_ADDR" */
static bool
names_a_port(const char *name)
{
	const char *at = name, *digits;
	size_t count;

	while ((at = strstr(at, "PORT_")) != NULL) {
		digits = at + strlen("PORT_");
		count = strspn(digits, "0123456789");
		if (count > 0 && digits[count] == '_' &&
		    begins_with_any(digits + count + 1, protocols))
			return true;
		at = digits;
	}
	return false;
}

/*
 * Kubernetes, with enableServiceLinks, which is its default; for services called baton or
 * baton-SOMETHING. To refuse them would keep the container from starting for no fault of its own.
 */
static bool
is_service_link(const char *name, const char *value)
{
	size_t length = strlen(name);

	if (strstr(name, "SERVICE_HOST") != NULL || strstr(name, "SERVICE_PORT") != NULL)
		return true;
	return names_a_port(name) || (length >= 4 && strcmp(name + length - 4, "PORT") == 0 &&
	    begins_with_any(value, schemes));
}

bool
foreign_is(const char *name, const char *value)
{
	return is_inherited(name) || is_service_link(name, value);
}
