/* habits.c - directories that build tools make for themselves. */
#include <sys/stat.h>

#include <dirent.h>

#include "base/text.h"
#include "watcher/habits.h"

/* Which file tells that a tool is used, by its beginning, and what the tool then makes. */
static const struct habit {
	const char *configuration, *directory;
} habits[] = {
	{ "astro.config.", ".astro" },
	{ "next.config.", ".next" },
	{ "nuxt.config.", ".nuxt" },
	{ "nuxt.config.", ".output" },
	{ "svelte.config.", ".svelte-kit" },
	{ "docusaurus.config.", ".docusaurus" },
	{ "gatsby-config.", ".cache" },
	{ "angular.json", ".angular" },
	{ "turbo.json", ".turbo" },
	{ "remix.config.", ".cache" },
	{ "Cargo.toml", "target" },
};

static void
prepare(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
		if (text_begins(name, habits[i].configuration))
			mkdir(habits[i].directory, 0755);
}

void
habits_prepare(void)
{
	DIR *directory = opendir(".");
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		prepare(entry->d_name);
	closedir(directory);
}
