/* apart.c - do the services of one configuration keep out of each other's way? */
#include <stdio.h>

#include "init/apart.h"
#include "init/path.h"

static int
share_address(const struct service_config *a, const struct service_config *b,
    options_report *report)
{
	char sentence[512], address[ADDRESS_TEXT];
	int i, j, errors = 0;

	for (i = 0; i < a->options.listens; i++)
		for (j = 0; j < b->options.listens; j++) {
			if (!address_equal(&a->options.listen[i].address,
			    &b->options.listen[j].address))
				continue;
			address_print(address, &a->options.listen[i].address);
			snprintf(sentence, sizeof(sentence), "BATON_CONFIG: services %s and %s both "
			    "listen on %s: give each section a listen of its own", a->name, b->name,
			    address);
			report(sentence);
			errors++;
		}
	return errors;
}

static bool
overlap(const char *one, const char *other)
{
	return path_contains(one, other) || path_contains(other, one);
}

/* A place of a service that baton writes to. */
struct place {
	const struct service_config *of;
	const char *key, *path;
};

static int
share_path(struct place one, struct place other, options_report *report)
{
	char sentence[640];

	if (!overlap(one.path, other.path))
		return 0;
	snprintf(sentence, sizeof(sentence), "BATON_CONFIG: %s '%.120s' of service %s and %s '%.120s' "
	    "of service %s lie one in the other: give each section paths of its own", one.key,
	    one.path, one.of->name, other.key, other.path, other.of->name);
	report(sentence);
	return 1;
}

/* Without LIVE nothing is written. */
static int
share_releases(const struct service_config *a, const struct service_config *b,
    options_report *report)
{
	const struct options *one = &a->options, *other = &b->options;
	const struct place of_a[] = { { a, "live", one->live }, { a, "releases", one->releases } };
	const struct place of_b[] = { { b, "live", other->live }, { b, "releases", other->releases } };
	int i, errors = 0;

	if (one->live == NULL || other->live == NULL)
		return 0;
	for (i = 0; i < 4; i++)
		errors += share_path(of_a[i / 2], of_b[i % 2], report);
	return errors;
}

int
apart(const struct config *c, options_report *report)
{
	int i, j, errors = 0;

	for (i = 0; i < c->count; i++)
		for (j = i + 1; j < c->count; j++)
			errors += share_address(&c->services[i], &c->services[j], report) +
			    share_releases(&c->services[i], &c->services[j], report);
	return errors;
}
