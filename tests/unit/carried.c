/*
 * Goal: what PID 1 knows comes back as it was from the text of another version, and nothing of it is
 * forgotten; what is cut, spoiled or foreign is refused.
 */
#include <sys/mman.h>

#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/carried.h"
#include "init/init.h"

enum { ROOM = 128 << 20 };

static struct init one, two;
static char text[ROOM], again[ROOM];
static char version[CARRYOVER_VERSION], why[CARRYOVER_WHY];

static size_t
write_to(char *to, const struct carried_struct *what, const void *from, const char *who)
{
	int fd = memfd_create("carried", MFD_CLOEXEC);
	ssize_t n;

	cr_assert_neq(fd, -1);
	cr_assert_eq(carryover_write(fd, what, from, who), 0);
	n = pread(fd, to, ROOM, 0);
	cr_assert_gt(n, 0);
	cr_assert_lt(n, ROOM);
	close(fd);
	return (size_t)n;
}

static void
read_back(const char *from, size_t size, const struct carried_struct *what, void *to)
{
	cr_assert_eq(carryover_read(from, size, what, to, version, why), 0, "%s", why);
}

/* --- nothing is forgotten --------------------------------------------------------------------- */

static void
mark(const struct carried_struct *s, unsigned char *seen)
{
	int i;

	for (i = 0; i < s->count; i++) {
		const struct carried *row = &s->rows[i];
		size_t size = row->size * (size_t)row->count, at;

		cr_assert_leq(row->offset + size, s->size, "%s", row->name);
		for (at = row->offset; at < row->offset + size; at++) {
			cr_assert_eq(seen[at], 0, "%s is in the table twice", row->name);
			seen[at] = 1;
		}
	}
}

/* That each field has one, tests/carried sees in the sources: C does not know names. */
Test(carried, has_each_byte_in_one_row_at_most)
{
	static unsigned char seen[sizeof(struct init)];
	size_t i;

	for (i = 0; carried_all[i] != NULL; i++) {
		memset(seen, 0, sizeof(seen));
		mark(carried_all[i], seen);
	}
}

/* --- all of it comes back --------------------------------------------------------------------- */

static void fill(const struct carried_struct *s, char *at);

static void
fill_one(const struct carried *row, char *at)
{
	int64_t number = (int64_t)(((uint64_t)random() << 33) ^ (uint64_t)random());
	size_t i;

	switch (row->kind) {
	case CARRIED_NUMBER:
	case CARRIED_COUNT:
		if (row->most != 0)
			number = labs(number) % (row->most + 1);
		if (row->size == 1)
			number &= 1;	/* a bool */
		memcpy(at, &number, row->size);
		break;
	case CARRIED_DESCRIPTOR:
		*(int *)(void *)at = (int)(random() % 1000) - 1;
		break;
	case CARRIED_TEXT:
		for (i = 0; i < row->size - 1; i++)
			at[i] = (char)(1 + random() % 255);
		at[row->size - 1] = '\0';
		break;
	case CARRIED_BYTES:
		for (i = 0; i < row->size; i++)
			at[i] = (char)random();
		break;
	case CARRIED_STRUCT:
		fill(row->inner, at);
		break;
	case CARRIED_NOT:
		break;
	}
}

static void
fill(const struct carried_struct *s, char *at)
{
	int row, i;

	for (row = 0; row < s->count; row++)
		for (i = 0; i < s->rows[row].count; i++)
			fill_one(&s->rows[row], at + s->rows[row].offset +
			    (size_t)i * s->rows[row].size);
	/* chance may not say that it is not there at all */
	if (s->keyed && s->rows[0].kind != CARRIED_DESCRIPTOR)
		at[s->rows[0].offset] |= 1;
}

static void
expect_equal(const struct carried_struct *s, const char *a, const char *b)
{
	int row, i;

	for (row = 0; row < s->count; row++) {
		const struct carried *r = &s->rows[row];

		for (i = 0; i < r->count; i++) {
			size_t at = r->offset + (size_t)i * r->size;

			if (r->kind == CARRIED_STRUCT)
				expect_equal(r->inner, a + at, b + at);
			else if (r->kind == CARRIED_TEXT)
				cr_assert_str_eq(a + at, b + at, "%s", r->name);
			else if (r->kind != CARRIED_NOT)
				cr_assert_arr_eq(a + at, b + at, r->size, "%s", r->name);
		}
	}
}

Test(carried, brings_a_full_state_back)
{
	size_t size, size_again;
	int seed;

	for (seed = 1; seed <= 3; seed++) {
		srandom((unsigned)seed);
		memset(&two, 0, sizeof(two));
		fill(&carried_init, (char *)&one);
		size = write_to(text, &carried_init, &one, "1.2.3");
		read_back(text, size, &carried_init, &two);
		cr_assert_str_eq(version, "1.2.3");
		expect_equal(&carried_init, (const char *)&one, (const char *)&two);
		size_again = write_to(again, &carried_init, &two, "1.2.3");
		cr_assert_eq(size, size_again);
		cr_assert_arr_eq(text, again, size);
	}
}

Test(carried, leaves_what_is_not_there_as_it_was)
{
	size_t size;
	int i;

	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	for (i = 0; i < CLIENTS; i++)
		one.state.clients[i].socket = two.state.clients[i].socket = -1;
	one.state.clients[3].socket = 9;
	size = write_to(text, &carried_init, &one, "1");
	cr_assert_null(memmem(text, size, "clients.2", 9));
	cr_assert_null(memmem(text, size, "services.", 9));
	read_back(text, size, &carried_init, &two);
	cr_assert_eq(two.state.clients[3].socket, 9);
	cr_assert_eq(two.state.clients[2].socket, -1);
}

/* --- other versions --------------------------------------------------------------------------- */

struct house {
	int32_t door;
	char owner[8];
	int64_t rooms;
};

#define ROW(name, kind, field) \
	{ name, kind, offsetof(struct house, field), sizeof(((struct house *)0)->field), 1, 0, NULL }

static const struct carried old_rows[] = {
	ROW("door", CARRIED_NUMBER, door),
	ROW("chimney", CARRIED_TEXT, owner),	/* gone in the new version */
};
static const struct carried new_rows[] = {
	ROW("door", CARRIED_NUMBER, door),
	ROW("owner", CARRIED_TEXT, owner),	/* new in it */
	ROW("rooms", CARRIED_NUMBER, rooms),
};
static const struct carried_struct old_house = { old_rows, 2, sizeof(struct house), false };
static const struct carried_struct new_house = { new_rows, 3, sizeof(struct house), false };

Test(carried, passes_over_the_unknown_and_keeps_the_default_of_the_missing)
{
	struct house from = { .door = 7, .owner = "smoke" }, to = { .owner = "nobody", .rooms = 3 };

	read_back(text, write_to(text, &old_house, &from, "1"), &new_house, &to);
	cr_assert_eq(to.door, 7);
	cr_assert_str_eq(to.owner, "nobody");
	cr_assert_eq(to.rooms, 3);
}

Test(carried, refuses_a_number_that_does_not_fit)
{
	struct house from = { .rooms = INT64_C(1) << 40 }, to = { .door = 5 };
	const struct carried wide = ROW("door", CARRIED_NUMBER, rooms);
	const struct carried_struct wide_house = { &wide, 1, sizeof(struct house), false };
	size_t size = write_to(text, &wide_house, &from, "1");

	cr_assert_eq(carryover_read(text, size, &new_house, &to, version, why), -1);
	cr_assert_not_null(strstr(why, "door"));
	cr_assert_eq(to.door, 5);
}

Test(carried, refuses_more_than_there_is_room_for)
{
	struct { int n[4]; } from = { { 1, 2, 3, 4 } }, to = { { 0 } };
	const struct carried four = { "n", CARRIED_NUMBER, 0, sizeof(int), 4, 0, NULL };
	const struct carried two_of_them = { "n", CARRIED_NUMBER, 0, sizeof(int), 2, 0, NULL };
	const struct carried_struct most = { &four, 1, sizeof(from), false };
	const struct carried_struct less = { &two_of_them, 1, sizeof(from), false };
	size_t size = write_to(text, &most, &from, "1");

	cr_assert_eq(carryover_read(text, size, &less, &to, version, why), -1);
	cr_assert_not_null(strstr(why, "no room for n.2"), "%s", why);
	cr_assert_eq(to.n[2], 0);
}

Test(carried, refuses_another_format_before_anything_else)
{
	static const char newer[] = "baton carryover 99 7.0.0\n\x01 what only the future knows";

	cr_assert_eq(carryover_read(newer, sizeof(newer), &carried_init, &two, version, why), -1);
	cr_assert_not_null(strstr(why, "format 99 of 7.0.0"), "%s", why);
}

/* --- spoiled ---------------------------------------------------------------------------------- */

static void
expect_refused(size_t size)
{
	cr_assert_eq(carryover_read(again, size, &carried_init, &two, version, why), -1);
	cr_assert_lt(strlen(why), CARRYOVER_WHY);
	cr_assert_gt(strlen(why), 0);
}

Test(carried, refuses_what_is_cut_or_spoiled)
{
	enum { SPOILED = 2000 };
	size_t size, cut;
	int i;

	srandom(7);
	memset(&one, 0, sizeof(one));
	one.state.service_count = 1;
	fill(&carried_init, (char *)&one);
	for (i = 1; i < SERVICES; i++)
		memset(&one.state.services[i], 0, sizeof(one.state.services[i]));
	size = write_to(text, &carried_init, &one, "1");
	memcpy(again, text, size);
	for (cut = 0; cut < size; cut += 1 + (cut > 100 && cut + 100 < size) * (size_t)(random() % 2000))
		expect_refused(cut);
	for (i = 0; i < SPOILED; i++) {
		size_t at = (size_t)random() % size;

		again[at] = (char)(again[at] ^ 1 << random() % 8);
		expect_refused(size);
		again[at] = text[at];
	}
}

/* A state of this one line, whole; its length. */
static size_t
write_line(const char *line)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */
	int n = snprintf(text, ROOM, "baton carryover %d 1\n%s\n", CARRYOVER_FORMAT, line), i;

	for (i = 0; i < n; i++)
		sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return (size_t)(n + snprintf(text + n, (size_t)(ROOM - n), "sum %016" PRIx64 "\n", sum));
}

/* A line that is whole but means nothing, with a sum that is right: as a defect might write it. */
Test(carried, refuses_lines_that_mean_nothing)
{
	static const char *const lines[] = {
		"state.pid", "state.pid x", "state.pid 1x", "state.pid 99999999999999999999",
		"state.service_count 17", "state.services.16.name a", "state.services.0.name %4",
		"state.services.0.name", "",
		"state.services.0.name %zz", "control -7", "state.steering 2",
		"state.services.0.listeners.0.address.ip %00%01",
	};
	static const char *const harmless[] = {
		"state.services 3", "state.services.x.name a", "state.services..name a", ". 1", " 1",
		"state.pid.more 1", "state 1", "nobody.knows.this 1",
	};
	size_t i, bad = sizeof(lines) / sizeof(lines[0]), size;

	for (i = 0; i < bad + sizeof(harmless) / sizeof(harmless[0]); i++) {
		const char *line = i < bad ? lines[i] : harmless[i - bad];

		size = write_line(line);
		memset(&two, 0, sizeof(two));
		cr_assert_eq(carryover_read(text, size, &carried_init, &two, version, why),
		    i < bad ? -1 : 0, "'%s': %s", line, why);
	}
}
