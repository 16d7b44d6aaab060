/* rolls.c - the lists of connections that a client of the status was given. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handoff/address.h"
#include "handoff/roll.h"
#include "init/print.h"
#include "init/rolls.h"

static const char *const kinds[DRAIN_KINDS] = {
	[DRAIN_IN_FLIGHT] = "in flight", [DRAIN_STREAM] = "stream", [DRAIN_QUIET] = "quiet",
	[DRAIN_CLOSED] = "closed",
};

/* What is worth a look first: in flight, then streams, the longest first. */
static int
by_kind(const void *a, const void *b)
{
	const struct roll_entry *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind - y->kind;
	return (x->since < y->since) - (x->since > y->since);
}

void
rolls_take(struct rolls *r, int service, uint32_t serial, int fd)
{
	struct roll *roll = r->count < ROLLS_MOST ? malloc(sizeof(*roll)) : NULL;

	if (roll == NULL)
		return;
	if (roll_read(fd, roll) == -1) {
		free(roll);
		return;
	}
	qsort(roll->entries, roll->held, sizeof(roll->entries[0]), by_kind);
	r->list[r->count++] = (struct one_roll){ service, serial, roll };
}

void
rolls_free(struct rolls *r)
{
	while (r->count > 0)
		free(r->list[--r->count].roll);
}

const struct roll *
rolls_find(const struct rolls *r, int service, uint32_t serial)
{
	int i;

	for (i = 0; i < r->count; i++)
		if (r->list[i].service == service && r->list[i].serial == serial)
			return r->list[i].roll;
	return NULL;
}

/* An IPv4 client of a socket for both families is shown as what it is. */
static void
print_peer(char to[ADDRESS_TEXT], const struct roll_entry *e)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct address a = { .family = e->family == AF_INET6 ? AF_INET6 : AF_INET,
		.port = e->remote_port };

	memcpy(a.ip, e->remote, sizeof(a.ip));
	if (a.family == AF_INET6 && memcmp(a.ip, mapped, sizeof(mapped)) == 0) {
		a.family = AF_INET;
		memmove(a.ip, a.ip + sizeof(mapped), 4);
	}
	address_print(to, &a);
}

static void
print_row(const struct roll_entry *e)
{
	char peer[ADDRESS_TEXT], age[32], since[32], in[16], out[16];

	print_peer(peer, e);
	print_span(age, sizeof(age), e->age);
	print_span(since, sizeof(since), e->since);
	print_bytes(in, sizeof(in), (int64_t)e->bytes_in);
	print_bytes(out, sizeof(out), (int64_t)e->bytes_out);
	printf("    %-28s%6d  >%-9s%-10s%8s%8s%8s\n", peer, e->worker, age, kinds[e->kind], since, in,
	    out);
}

void
rolls_print(const struct roll *roll, uint32_t most)
{
	uint32_t shown = most == 0 || most > roll->held ? roll->held : most, i;

	if (roll->count == 0)
		return;
	printf("    %-28s%6s  %-10s%-10s%8s%8s%8s\n", "PEER", "WORKER", "AGE", "STATE", "FOR", "IN",
	    "OUT");
	for (i = 0; i < shown; i++)
		print_row(&roll->entries[i]);
	if (shown < roll->count)
		printf("    and %u more%s\n", roll->count - shown,
		    shown < roll->held ? ": baton status --connections shows them" : "");
}

static void
print_object(const struct roll_entry *e)
{
	char peer[ADDRESS_TEXT];

	print_peer(peer, e);
	printf("{\"peer\":\"%s\",\"worker\":%d,\"pid\":%d,\"state\":\"%s\",\"for_ms\":%lld,"
	    "\"age_ms\":%lld,\"bytes_in\":%llu,\"bytes_out\":%llu}", peer, e->worker, e->pid,
	    kinds[e->kind], (long long)e->since, (long long)e->age,
	    (unsigned long long)e->bytes_in, (unsigned long long)e->bytes_out);
}

void
rolls_print_json(const struct roll *roll)
{
	uint32_t i;

	printf("\"streams\":%u,\"quiet\":%u,\"closed\":%u,\"connections\":[",
	    roll->kinds[DRAIN_STREAM], roll->kinds[DRAIN_QUIET], roll->kinds[DRAIN_CLOSED]);
	for (i = 0; i < roll->held; i++) {
		printf("%s", i > 0 ? "," : "");
		print_object(&roll->entries[i]);
	}
	printf("]");
}
