/* leads.c - symlinks that lead out of what is watched. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "watcher/leads.h"
#include "watcher/scan.h"

enum { LEADS_MOST = 256 };

static struct root *
find(const struct scan *s, const char *path)
{
	int i;

	for (i = 0; i < s->root_count; i++)
		if (strcmp(s->roots[i]->path, path) == 0)
			return s->roots[i];
	return NULL;
}

static int
count(const struct scan *s)
{
	int i, n = 0;

	for (i = 0; i < s->root_count; i++)
		n += s->roots[i]->link;
	return n;
}

/* What points at nothing may point at something later, and is waited for. */
static bool
leads_out(const struct scan *s, const char *path, const char *real)
{
	int i;

	for (i = 0; real != NULL && i < s->root_count; i++) {
		const struct root *root = s->roots[i];

		if (root->real == NULL || strcmp(root->path, path) == 0 ||
		    (root->link && !root->fresh))
			continue;
		if (tree_below(real, root->real) || tree_below(root->real, real))
			return false;
	}
	return true;
}

static void
add(struct scan *s, const char *path, const char *real)
{
	struct root *root;

	if (count(s) == LEADS_MOST) {
		if (!s->said_links)
			log_line(LOG_WARNING, "more than %d links lead out of what is watched: %s and others "
			    "are not followed", LEADS_MOST, path);
		s->said_links = true;
		return;
	}
	root = root_new(path);
	root->link = root->fresh = true;
	/* already now, so that the next link to there is none too many */
	if (real != NULL && (root->real = strdup(real)) == NULL)
		abort();
	s->roots = reallocarray(s->roots, (size_t)s->root_count + 1, sizeof(struct root *));
	if (s->roots == NULL)
		abort();
	s->roots[s->root_count++] = root;
	/* it is looked at in this turn, or else in one that is due now */
	s->doubt = true;
}

void
leads_found(struct scan *s, const char *path)
{
	struct root *known = find(s, path);
	char *real;

	if (known != NULL && !known->link)
		return;
	real = realpath(path, NULL);
	if (!leads_out(s, path, real))
		known = NULL;
	else if (known == NULL)
		add(s, path, real);
	if (known != NULL)
		known->fresh = true;
	free(real);
}

bool
leads_known(const struct scan *s, const char *path)
{
	const struct root *root = find(s, path);

	return root != NULL && root->link;
}

void
leads_turn(struct scan *s)
{
	int i;

	for (i = 0; i < s->root_count; i++)
		s->roots[i]->fresh = s->roots[i]->looked = false;
}

void
leads_sweep(struct scan *s)
{
	int i, kept = 0;

	for (i = 0; i < s->root_count; i++) {
		struct root *root = s->roots[i];

		if (!root->link || root->fresh)
			s->roots[kept++] = root;
		else
			root_free(root);
	}
	s->root_count = kept;
}
