/* user.c - what text means by passwd(5) and group(5), and the change to it. */
#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/fields.h"
#include "base/text.h"
#include "base/user.h"

static const int64_t last_id = 4294967294;	/* the one above means "unchanged" to setresuid(2) */

static bool
next_id(struct fields *f, uint32_t *id)
{
	char text[16];
	int64_t value;

	fields_next(f, ':', text, sizeof(text));
	if (text_number(text, 0, last_id, &value) == -1)
		return false;
	*id = (uint32_t)value;
	return true;
}

/* The name that a line begins with, unless it is a comment or for NIS. */
static bool
next_name(struct fields *f, char name[USER_NAME])
{
	fields_next(f, ':', name, USER_NAME);
	fields_skip(f, ':');
	return *name != '\0' && strchr("#+-", *name) == NULL;
}

/* A user or group as it was written: a number, or else a name. */
struct who {
	char text[USER_NAME];
	bool numeric;
	uint32_t id;
};

static bool
fits(const struct who *who, const char *name, uint32_t id)
{
	return who->numeric ? who->id == id : strcmp(who->text, name) == 0;
}

/* What the search needs to say what went wrong. */
struct search {
	const char *passwd, *group;
	struct who user, with;
	char *why;
	size_t size;
};

static int __attribute__((format(printf, 3, 4)))
refuse(const struct search *s, const char *what, const char *format, ...)
{
	char shown[128];
	va_list ap;

	text_escape(shown, sizeof(shown), what, strlen(what));
	snprintf(s->why, s->size, "BATON_USER: '%s' ", shown);
	va_start(ap, format);
	vsnprintf(s->why + strlen(s->why), s->size - strlen(s->why), format, ap);
	va_end(ap);
	return -1;
}

static int
take_who(const struct search *s, const char *text, size_t length, struct who *who)
{
	int64_t value;

	if (length >= sizeof(who->text))
		return refuse(s, text, "is too long for a name");
	memcpy(who->text, text, length);
	who->text[length] = '\0';
	text = who->text + (*who->text == '-');
	who->numeric = *text != '\0' && strspn(text, "0123456789") == strlen(text);
	if (!who->numeric)
		return 0;
	if (text_number(who->text, 0, last_id, &value) == -1)
		return refuse(s, who->text, "is no id: give 0 to %lld, or a name",
		    (long long)last_id);
	who->id = (uint32_t)value;
	return 0;
}

static int
take_text(struct search *s, const char *text)
{
	size_t length = strcspn(text, ":");
	const char *with = text[length] == ':' ? text + length + 1 : NULL;

	if (length == 0)
		return refuse(s, text, "names no user: give a name or a number, then :GROUP if "
		    "wanted");
	if (with != NULL && *with == '\0')
		return refuse(s, text, "names no group after the colon: give one, or no colon");
	if (take_who(s, text, length, &s->user) == -1)
		return -1;
	return with == NULL ? 0 : take_who(s, with, strlen(with), &s->with);
}

static int
not_found(const struct search *s, const struct who *who, const char *path, int error)
{
	if (error != 0)
		return refuse(s, who->text, "cannot be looked up: %s: %s: give a number", path,
		    strerror(error));
	return refuse(s, who->text, "is not in %s: give a name that is there, or a number", path);
}

/* Fill in what passwd has of the user. */
static int
find_user(const struct search *s, struct user *u)
{
	struct fields f;
	int error = fields_open(&f, s->passwd) == -1 ? errno : 0;
	bool found = false;

	while (!found && fields_line(&f)) {
		if (!next_name(&f, u->name) || !next_id(&f, &u->uid) || !next_id(&f, &u->gid))
			continue;
		fields_skip(&f, ':');
		fields_next(&f, ':', u->home, sizeof(u->home));
		found = fits(&s->user, u->name, u->uid);
	}
	fields_close(&f);
	if (!found && !s->user.numeric)
		return not_found(s, &s->user, s->passwd, error);
	if (!found) {
		u->uid = s->user.id;
		u->gid = 0;
		u->name[0] = u->home[0] = '\0';
	}
	if (u->home[0] == '\0')
		text_copy(u->home, sizeof(u->home), "/");
	return 0;
}

static int
find_group(const struct search *s, struct user *u)
{
	struct fields f;
	int error = fields_open(&f, s->group) == -1 ? errno : 0;
	char name[USER_NAME];
	bool found = false;

	while (!found && fields_line(&f))
		found = next_name(&f, name) && next_id(&f, &u->gid) && fits(&s->with, name, u->gid);
	fields_close(&f);
	if (!found && !s->with.numeric)
		return not_found(s, &s->with, s->group, error);
	if (!found)
		u->gid = s->with.id;
	return 0;
}

static bool
has_group(const struct user *u, gid_t gid)
{
	int i;

	for (i = 0; i < u->group_count; i++)
		if (u->groups[i] == gid)
			return true;
	return false;
}

static bool
lists(struct fields *f, const char *name)
{
	char member[USER_NAME];

	while (!fields_over(f)) {
		fields_next(f, ',', member, sizeof(member));
		if (strcmp(member, name) == 0)
			return true;
	}
	return false;
}

/* The groups that list the user. Full means full: a cut list could open what a group closes. */
static int
add_groups(const struct search *s, struct user *u)
{
	char name[USER_NAME];
	bool full = false;
	struct fields f;
	gid_t gid;

	if (*u->name == '\0' || fields_open(&f, s->group) == -1)
		return 0;
	while (!full && fields_line(&f)) {
		if (!next_name(&f, name) || !next_id(&f, &gid) || !lists(&f, u->name))
			continue;
		if (has_group(u, gid))
			continue;
		full = u->group_count == USER_GROUPS;
		if (!full)
			u->groups[u->group_count++] = gid;
	}
	fields_close(&f);
	if (full)
		return refuse(s, s->user.text, "has more than %d groups in %s: name one, as "
		    "USER:GROUP", USER_GROUPS, s->group);
	return 0;
}

int
user_find(struct user *u, const char *text, const char *passwd, const char *group, char *why,
    size_t size)
{
	struct search s = { .passwd = passwd, .group = group, .why = why, .size = size };
	bool with_group = strchr(text, ':') != NULL;
	struct user found = { .uid = 0 };

	if (take_text(&s, text) == -1 || find_user(&s, &found) == -1)
		return -1;
	if (with_group && find_group(&s, &found) == -1)
		return -1;
	found.groups[found.group_count++] = found.gid;
	if (!with_group && add_groups(&s, &found) == -1)
		return -1;
	*u = found;
	return 0;
}

/* All three ids of both kinds. */
static bool
is_already(const struct user *u)
{
	uid_t uid[3];
	gid_t gid[3];
	int i;

	if (getresuid(&uid[0], &uid[1], &uid[2]) == -1 ||
	    getresgid(&gid[0], &gid[1], &gid[2]) == -1)
		return false;
	for (i = 0; i < 3; i++)
		if (uid[i] != u->uid || gid[i] != u->gid)
			return false;
	return true;
}

int
user_become(const struct user *u)
{
	if (setgroups((size_t)u->group_count, u->groups) == -1 &&
	    (errno != EPERM || !is_already(u)))
		return -1;
	if (setresgid(u->gid, u->gid, u->gid) == -1 || setresuid(u->uid, u->uid, u->uid) == -1)
		return -1;
	/* only from uid 0 does the kernel do this by itself */
	if (u->uid != 0 && capability_rest() == -1)
		return -1;
	if (is_already(u) && (u->uid == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) == -1))
		return 0;
	errno = EPERM;
	return -1;
}
