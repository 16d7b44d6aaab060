/* hashed.c - does a name carry a hash? No system calls. */
#include <stddef.h>
#include <string.h>

#include "watcher/hashed.h"

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX DIGITS "abcdef"

enum {
	LEAST = 8,		/* characters of a hash; what most tools write is just so long */
	LONG_HEX = 16,		/* a name that is nothing else */
	WORD = 3,		/* letters of a word in CamelCase */
	SHORT = 5,		/* letters of one that need not be spoken */
	NUMBER = 4		/* digits that people write: years, weights, versions */
};

/* A part of a name; never ends with a NUL. */
struct piece {
	const char *at;
	size_t length;
};

static size_t
span(struct piece p, const char *set)
{
	size_t n = 0;

	while (n < p.length && strchr(set, p.at[n]) != NULL)
		n++;
	return n;
}

static struct piece
after(struct piece p, size_t n)
{
	return (struct piece){ p.at + n, p.length - n };
}

static bool
has(struct piece p, const char *set)
{
	size_t i;

	for (i = 0; i < p.length; i++)
		if (strchr(set, p.at[i]) != NULL)
			return true;
	return false;
}

static bool
is_all(struct piece p, const char *set)
{
	return span(p, set) == p.length;
}

/* "css" may be short for something; what is longer has a vowel. */
static bool
is_spoken(struct piece p)
{
	return p.length < SHORT || has(p, "aeiouyAEIOUY");
}

/* How much of it is words: "fonts", "SemiBold", "dataTables", "LICENSE". */
static size_t
words(struct piece p)
{
	size_t at = span(p, LOWER), n;

	if (at == 0 && span(p, UPPER) > 1)
		return is_all(p, UPPER) && is_spoken(p) ? p.length : 0;
	if (!is_spoken((struct piece){ p.at, at }) ||
	    (at > 0 && at < WORD && at < p.length && strchr(UPPER, p.at[at]) != NULL))
		return 0;
	while (at < p.length && span(after(p, at), UPPER) == 1) {
		n = 1 + span(after(p, at + 1), LOWER);
		if (n < WORD || !has((struct piece){ p.at + at, n }, "aeiouyAEIOUY"))
			return at;
		at += n;
	}
	return at;
}

/* "512x512" */
static bool
is_size(struct piece p)
{
	size_t n = span(p, DIGITS);

	return n > 0 && n < p.length && p.at[n] == 'x' && n + 1 < p.length &&
	    is_all(after(p, n + 1), DIGITS);
}

/* "20260115" */
static bool
is_date(struct piece p)
{
	return p.length == 8 && is_all(p, DIGITS) && (strncmp(p.at, "19", 2) == 0 ||
	    strncmp(p.at, "20", 2) == 0) && p.at[4] < '2' && p.at[6] < '4';
}

/* Would a person write it? A word, a number, one behind the other, a size, a date. */
static bool
is_human(struct piece p)
{
	size_t letters = words(p), digits;

	if (p.length == 0 || letters == p.length || is_size(p) || is_date(p))
		return true;
	digits = span(after(p, letters), DIGITS);
	if (letters > 0)
		return letters + digits == p.length && digits <= NUMBER &&
		    !is_all(p, HEX);
	return digits > 0 && digits <= NUMBER && (digits == p.length ||
	    (words(after(p, digits)) == p.length - digits && !is_all(p, HEX)));
}

static bool
are_human(struct piece p)
{
	size_t n;

	for (;; p = after(p, n + 1)) {
		for (n = 0; n < p.length && p.at[n] != '-' && p.at[n] != '_'; n++)
			;
		if (!is_human((struct piece){ p.at, n }))
			return false;
		if (n == p.length)
			return true;
	}
}

/* esbuild's alphabet has no small letters, and one hash in five is without a digit. */
static bool
is_base32(struct piece p)
{
	return p.length == LEAST && is_all(p, UPPER "234567");
}

static bool
is_hash(struct piece p)
{
	if (p.length < LEAST || !is_all(p, DIGITS LOWER UPPER "_-"))
		return false;
	if (is_base32(p))
		return true;
	return (has(p, DIGITS) || (has(p, LOWER) && has(p, UPPER))) && !are_human(p);
}

/* All there is of the name: "DkX2aPzz", "3f2a91c0deadbeef"; nothing stands before it to tell it by. */
static bool
is_bare_hash(struct piece p)
{
	if (is_all(p, HEX))
		return p.length >= LONG_HEX && has(p, DIGITS);
	return p.length == LEAST && has(p, LOWER) && has(p, UPPER) && is_hash(p);
}

/* A part between dots; the first one has nothing before it. */
static bool
part_has_hash(struct piece p, bool first)
{
	size_t i;

	if (first ? is_bare_hash(p) : is_hash(p))
		return true;
	for (i = 1; i < p.length; i++) {
		struct piece rest = after(p, i);

		if (p.at[i - 1] == '-' && is_hash(rest))
			return true;
		if (p.at[i - 1] == '_' && is_all(rest, HEX) && has(rest, "abcdef") && is_hash(rest))
			return true;
	}
	return false;
}

bool
hashed_name(const char *name)
{
	const char *dot, *at = name;

	for (; (dot = strchr(at, '.')) != NULL; at = dot + 1)
		if (part_has_hash((struct piece){ at, (size_t)(dot - at) }, at == name))
			return true;
	return false;
}
