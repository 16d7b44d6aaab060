/* glob.c - wildcards as git means them. No system calls, no memory. */
#include <stddef.h>
#include <string.h>

#include "watcher/glob.h"

struct place {
	const char *glob, *text;	/* glob NULL: there is nothing to go back to */
};

long
glob_plain(const char *glob, const char *end)
{
	const char *at;

	for (at = glob; at < end && strchr("*?[\\", *at) == NULL; at++)
		;
	return at - glob;
}

/* --- one letter of a set ---------------------------------------------------------------------- */

static bool
between(unsigned char c, char first, char last)
{
	return c >= (unsigned char)first && c <= (unsigned char)last;
}

static bool is_alpha(unsigned char c) { return between(c, 'a', 'z') || between(c, 'A', 'Z'); }
static bool is_digit(unsigned char c) { return between(c, '0', '9'); }
static bool is_alnum(unsigned char c) { return is_alpha(c) || is_digit(c); }
static bool is_blank(unsigned char c) { return c == ' ' || c == '\t'; }
static bool is_cntrl(unsigned char c) { return c < ' ' || c == 0x7f; }
static bool is_graph(unsigned char c) { return between(c, '!', '~'); }
static bool is_lower(unsigned char c) { return between(c, 'a', 'z'); }
static bool is_print(unsigned char c) { return between(c, ' ', '~'); }
static bool is_punct(unsigned char c) { return is_graph(c) && !is_alnum(c); }
static bool is_upper(unsigned char c) { return between(c, 'A', 'Z'); }
/* git knows no others */
static bool is_space(unsigned char c) { return is_blank(c) || c == '\n' || c == '\r'; }
static bool is_xdigit(unsigned char c)
{
	return is_digit(c) || between(c, 'a', 'f') || between(c, 'A', 'F');
}

static const struct {
	const char *name;
	bool (*has)(unsigned char);
} classes[] = {
	{ "alnum", is_alnum }, { "alpha", is_alpha }, { "blank", is_blank }, { "cntrl", is_cntrl },
	{ "digit", is_digit }, { "graph", is_graph }, { "lower", is_lower }, { "print", is_print },
	{ "punct", is_punct }, { "space", is_space }, { "upper", is_upper }, { "xdigit", is_xdigit },
};

/* A set that is being read: [at..end, c is looked for. */
struct set {
	const char *at, *end;
	unsigned char c;
	int before;		/* what a '-' would begin at, -1: nothing */
	bool found;
};

/* "[:alpha:]". 1, 0 when it is no class but just a '[', -1 when it is malformed. */
static int
take_class(struct set *s)
{
	const char *name = s->at + 2, *close;
	size_t i;

	close = memchr(name, ']', (size_t)(s->end - name));
	if (close == NULL)
		return -1;
	if (close == name || close[-1] != ':')
		return 0;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == (size_t)(close - 1 - name) &&
		    strncmp(classes[i].name, name, (size_t)(close - 1 - name)) == 0) {
			s->found |= classes[i].has(s->c);
			s->at = close + 1;
			s->before = -1;
			return 1;
		}
	return -1;
}

/* A letter, maybe with a '\' before it. -1 at the end. */
static int
take_letter(struct set *s)
{
	if (s->at < s->end && *s->at == '\\')
		s->at++;
	return s->at < s->end ? (unsigned char)*s->at++ : -1;
}

static bool
is_range(const struct set *s)
{
	return *s->at == '-' && s->before > 0 && s->at + 1 < s->end && s->at[1] != ']';
}

/* One thing of a set: a class, a range, a letter. False when it is malformed. */
static bool
take_member(struct set *s)
{
	int letter, kind = 0;

	if (s->end - s->at >= 2 && s->at[0] == '[' && s->at[1] == ':' &&
	    (kind = take_class(s)) != 0)
		return kind == 1;
	if (is_range(s)) {
		s->at++;
		if ((letter = take_letter(s)) == -1)
			return false;
		s->found |= s->c >= s->before && s->c <= letter;
		s->before = -1;
		return true;
	}
	if ((letter = take_letter(s)) == -1)
		return false;
	s->found |= s->c == letter;
	s->before = letter;
	return true;
}

/* After the '['. Where it goes on behind the ']', or NULL: c is not in it, or it is malformed. */
static const char *
match_set(const char *at, const char *end, unsigned char c)
{
	struct set s = { .at = at, .end = end, .c = c, .before = -1 };
	bool inverted = at < end && (*at == '!' || *at == '^');

	s.at += inverted;
	/* a ']' at the beginning is a letter */
	do
		if (s.at >= end || !take_member(&s))
			return NULL;
	while (s.at < end && *s.at != ']');
	if (s.at >= end || s.found == inverted || c == '/')
		return NULL;
	return s.at + 1;
}

/* --- a whole text ----------------------------------------------------------------------------- */

/* One letter of the text, by what the glob says here; not a star. False: it does not match. */
static bool
match_one(struct place *now, const char *end)
{
	const char *next;

	if (now->glob >= end || *now->text == '\0')
		return false;
	next = now->glob + 1;
	if (*now->glob == '[')
		next = match_set(next, end, (unsigned char)*now->text);
	else if (*now->glob == '?')
		next = *now->text != '/' ? next : NULL;
	else if (*now->glob == '\\')
		next = next < end && *next == *now->text ? next + 1 : NULL;
	else if (*now->glob != *now->text)
		next = NULL;
	if (next == NULL)
		return false;
	now->glob = next;
	now->text++;
	return true;
}

/* Do stars before `after` stand for any number of directories? first: the first of them. */
static bool
is_deep(const char *glob, const char *first, const char *after, const char *end)
{
	if (after - first < 2 || (first > glob && first[-1] != '/'))
		return false;
	return after == end || *after == '/' ||
	    (*after == '\\' && after + 1 < end && after[1] == '/');
}

/*
 * Only the last star of each kind is ever gone back to: one within a name ends with its name, and
 * one for directories can stand for all that an earlier one could.
 */
static bool
go_back(struct place *now, struct place *star, struct place *deep)
{
	const char *slash;

	if (star->glob != NULL && *star->text != '\0' && *star->text != '/') {
		star->text++;
		*now = *star;
		return true;
	}
	star->glob = NULL;
	if (deep->glob == NULL || (slash = strchr(deep->text, '/')) == NULL)
		return false;
	*now = (struct place){ deep->glob, slash };
	deep->text = slash + 1;
	return true;
}

bool
glob_matches(const char *glob, const char *end, const char *text)
{
	struct place now = { glob, text }, star = { NULL, NULL }, deep = { NULL, NULL };
	const char *first;

	while (now.glob < end || *now.text != '\0') {
		if (now.glob < end && *now.glob == '*') {
			for (first = now.glob; now.glob < end && *now.glob == '*'; now.glob++)
				;
			if (!is_deep(glob, first, now.glob, end)) {
				star = now;
				continue;
			}
			if (now.glob == end)
				return true;
			star.glob = NULL;
			deep = now;
			/* none at all: but the slash after it has to be there if it is escaped */
			now.glob += *now.glob == '/';
			if (*deep.glob == '/')
				continue;
		} else if (match_one(&now, end)) {
			if (now.text[-1] == '/')
				star.glob = NULL;
			continue;
		}
		if (!go_back(&now, &star, &deep))
			return false;
	}
	return true;
}
