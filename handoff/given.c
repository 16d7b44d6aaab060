/* given.c - what a worker is given when it starts or asks: its slots, and what was stored. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "handoff/environment.h"
#include "handoff/keep.h"

bool
given_by_fetch(const struct keeper *k)
{
	return k->config->adopt == ADOPT_AUTO || k->config->adopt == ADOPT_FETCH;
}

/* LISTEN_FDS is for addresses that were declared; what is learned is learned by a bind. */
bool
given_by_environment(const struct keeper *k)
{
	switch (k->config->adopt) {
	case ADOPT_AUTO:
	case ADOPT_ENV:
	case ADOPT_EINHORN:
	case ADOPT_SERVER_STARTER:
	case ADOPT_NGINX:
		return !k->config->learn;
	case ADOPT_INJECT:
	case ADOPT_FETCH:
	case ADOPT_OFF:
		break;
	}
	return false;
}

int
given_all(const struct keeper *k, int worker, bool with_slots, int *fds, int *slots)
{
	int i, count = 0;

	for (i = 0; with_slots && i < k->slot_count; i++)
		if (k->slots[i].sockets[worker] != -1)
			fds[count++] = k->slots[i].sockets[worker];
	*slots = count;
	for (i = 0; i < k->deposits.count; i++)
		fds[count++] = k->deposits.list[i].fd;
	return count;
}

/* The name that BATON_LISTEN gives it, or its address without the separator of LISTEN_FDNAMES. */
static void
slot_name(const struct keeper *k, const struct address *a, char name[ADDRESS_TEXT])
{
	int i;

	for (i = 0; i < k->config->name_count; i++)
		if (k->config->names[i].name[0] != '\0' &&
		    address_equal(&k->config->names[i].address, a)) {
			text_copy(name, ADDRESS_TEXT, k->config->names[i].name);
			return;
		}
	address_print(name, a);
	for (; *name != '\0'; name++)
		*name = *name == ':' ? '-' : *name;
}

void
given_names(const struct keeper *k, int worker, int slots, char *to, size_t size)
{
	char name[ADDRESS_TEXT];
	int i;

	to[0] = '\0';
	for (i = 0; slots > 0 && i < k->slot_count; i++) {
		if (k->slots[i].sockets[worker] == -1)
			continue;
		slot_name(k, &k->slots[i].address, name);
		text_append(to, size, "%s%s", to[0] != '\0' ? ":" : "", name);
	}
	for (i = 0; i < k->deposits.count; i++)
		text_append(to, size, "%s%s", to[0] != '\0' ? ":" : "", k->deposits.list[i].name);
}

void
given_describe(const struct keeper *k, int worker, int slots, char *to, size_t size)
{
	char name[ADDRESS_TEXT], address[ADDRESS_TEXT];
	int i;

	snprintf(to, size, "slots %d\n", slots);
	for (i = 0; slots > 0 && i < k->slot_count; i++) {
		if (k->slots[i].sockets[worker] == -1)
			continue;
		slot_name(k, &k->slots[i].address, name);
		address_print(address, &k->slots[i].address);
		text_append(to, size, "listen %s %s\n", address, name);
	}
	for (i = 0; i < k->deposits.count; i++)
		text_append(to, size, "stored %s\n", k->deposits.list[i].name);
}

void
given_addresses(const struct keeper *k, int worker, struct given_slot *to)
{
	int i, n = 0;

	for (i = 0; i < k->slot_count; i++) {
		if (k->slots[i].sockets[worker] == -1)
			continue;
		address_print(to[n].address, &k->slots[i].address);
		to[n++].family = k->slots[i].address.family;
	}
}
