/* agree.c - do values that are right by themselves go together? */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "init/agree.h"

static int __attribute__((format(printf, 2, 3)))
disagree(options_report *report, const char *format, ...)
{
	char sentence[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	report(sentence);
	return 1;
}

/*
 * Make a path absolute and drop ".", ".." and double slashes, by its letters alone: what it names
 * may not exist yet. -1 when it is too long.
 */
static int
plain_path(const char *path, char to[static PATH_MAX])
{
	char whole[2 * PATH_MAX], *part, *rest, *last;

	whole[0] = '\0';
	if (*path != '/' && getcwd(whole, PATH_MAX) == NULL)
		return -1;
	if (text_append(whole, sizeof(whole), "/%s", path) == -1)
		return -1;
	to[0] = '\0';
	for (part = strtok_r(whole, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			if ((last = strrchr(to, '/')) != NULL)
				*last = '\0';
		} else if (text_append(to, PATH_MAX, "/%s", part) == -1)
			return -1;
	}
	return 0;
}

/* Is `inner` the same path as `outer`, or below it? */
static bool
contains(const char *outer, const char *inner)
{
	char a[PATH_MAX], b[PATH_MAX];
	size_t length;

	if (plain_path(outer, a) == -1 || plain_path(inner, b) == -1)
		return false;
	length = strlen(a);
	return strncmp(a, b, length) == 0 && (b[length] == '\0' || b[length] == '/');
}

static int
check_slots(const struct options *o, options_report *report)
{
	if (o->slots >= o->max_draining + 2)
		return 0;
	return disagree(report, "BATON_SLOTS=%d is too few for BATON_MAX_DRAINING=%d: one slot "
	    "serves and one is for the next generation, so give at least BATON_SLOTS=%d",
	    o->slots, o->max_draining, o->max_draining + 2);
}

static int
check_adopt(const struct options *o, options_report *report)
{
	if (o->adopt != OPTION_ADOPT_ENV || options_given(o, "LISTEN"))
		return 0;
	return disagree(report, "BATON_ADOPT=env hands over the addresses of BATON_LISTEN, and it is "
	    "not set: give it too; for example BATON_LISTEN=0.0.0.0:8080");
}

static int
check_build(const struct options *o, options_report *report)
{
	if (o->build == NULL || options_given(o, "LIVE"))
		return 0;
	return disagree(report, "BATON_BUILD needs BATON_LIVE, the path that the command serves from "
	    "and that each new release takes; for example BATON_LIVE=dist");
}

static int
check_live(const struct options *o, options_report *report)
{
	if (o->live == NULL)
		return 0;
	if (contains(o->live, "."))
		return disagree(report, "BATON_LIVE='%s' holds the working directory itself: name "
		    "the build's output in it; for example BATON_LIVE=dist", o->live);
	if (contains(o->live, o->releases) || contains(o->releases, o->live))
		return disagree(report, "BATON_LIVE='%s' and BATON_RELEASES='%s' lie one in the "
		    "other: live is replaced as a whole, so keep them apart", o->live,
		    o->releases);
	return 0;
}

/* Changes there are never looked at, or a build would start the next one. */
static int
check_root(const struct options *o, const char *root, options_report *report)
{
	if (o->live != NULL && contains(o->live, root))
		return disagree(report, "BATON_WATCH='%s' lies in BATON_LIVE='%s', whose changes are "
		    "ignored: watch the sources instead", root, o->live);
	if (contains(o->releases, root))
		return disagree(report, "BATON_WATCH='%s' lies in BATON_RELEASES='%s', whose changes "
		    "are ignored: watch the sources instead", root, o->releases);
	return 0;
}

static int
check_watch(const struct options *o, options_report *report)
{
	const char *at = o->watch;
	char root[PATH_MAX];
	int errors = 0;
	size_t length;

	while (at != NULL && *at != '\0') {
		length = strcspn(at, ":");
		if (length >= sizeof(root))
			return errors + disagree(report, "BATON_WATCH names a path that is too long");
		memcpy(root, at, length);
		root[length] = '\0';
		if (length > 0)
			errors += check_root(o, root, report);
		at += length + (at[length] == ':');
	}
	return errors;
}

int
agree(const struct options *o, options_report *report)
{
	return check_slots(o, report) + check_adopt(o, report) + check_build(o, report) +
	    check_live(o, report) + check_watch(o, report);
}
