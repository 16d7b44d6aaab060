/* Goal: patterns mean what they mean to git. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "watcher/patterns.h"

static const struct {
	const char *ignore, *path;
	bool directory, ignored;
} cases[] = {
	{ NULL, "a.md", false, false },
	{ NULL, ".git", true, true },
	{ NULL, "deep/node_modules", true, true },
	{ NULL, ".gitignore", false, false },
	{ NULL, "deep/.page.md.swp", false, true },
	{ NULL, ".page.md.swo", false, true },
	{ NULL, ".swp", false, false },
	{ NULL, "page.md~", false, true },
	{ NULL, "dir~", true, false },
	{ NULL, ".#page.md", false, true },
	{ NULL, "#page.md#", false, true },
	{ NULL, "#page.md", false, false },
	{ NULL, ".~lock.page.odt#", false, true },
	{ NULL, ".env", false, false },
	{ "!*~", "page.md~", false, false },
	{ "*.tmp", "a.tmp", false, true },
	{ "*.tmp", "deep/er/a.tmp", false, true },
	{ "*.tmp", "a.tmpx", false, false },
	{ "*.tmp, *.swp", "b.swp", false, true },
	{ "drafts/", "drafts", true, true },
	{ "drafts/", "deep/drafts", true, true },
	{ "drafts/", "drafts", false, false },
	{ "/build", "build", true, true },
	{ "/build", "deep/build", true, false },
	{ "a/b", "a/b", false, true },
	{ "a/b", "x/a/b", false, false },
	{ "a/*.md", "a/x.md", false, true },
	{ "a/*.md", "a/b/x.md", false, false },
	{ "a/**/x.md", "a/x.md", false, true },
	{ "a/**/x.md", "a/b/c/x.md", false, true },
	{ "a/**", "a/b/c", false, true },
	{ "a/**", "a", true, false },
	{ "**/gen", "x/y/gen", true, true },
	{ "**/gen", "gen", true, true },
	{ "?.md", "a.md", false, true },
	{ "?.md", "ab.md", false, false },
	{ "[ab].md", "b.md", false, true },
	{ "*.tmp,!keep.tmp", "keep.tmp", false, false },
	{ "*.tmp,!keep.tmp", "other.tmp", false, true },
	{ "!keep.tmp,*.tmp", "keep.tmp", false, true },
	{ "!node_modules", "node_modules", true, false },
	{ "#comment", "#comment", false, false },
	{ ",,", "a", false, false },
	{ "a\\,b", "a,b", false, true },
	{ "\\#a", "#a", false, true },
	{ "\\!a", "!a", false, true },
	{ "a\\", "a", false, false },
	{ "**/*.o", "x/y/z.o", false, true },
	{ "a/**/**/b", "a/x/b", false, true },
	{ "a**b", "a/b", false, false },
	{ "*", ".hidden", false, true },
	{ "[!a]", "b", false, true },
	{ "[^a]", "a", false, false },
	{ "[]a]", "]", false, true },
	{ "[a-]", "-", false, true },
	{ "[[:upper:]]x", "Ax", false, true },
	{ "[[:upper:]]x", "ax", false, false },
	{ "[[:nothing:]]", "a", false, false },
	{ "[a", "a", false, false },
	{ "x/[/]y", "x//y", false, false },
};

Test(patterns, the_table)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(patterns_ignored(cases[i].ignore, cases[i].path, cases[i].directory),
		    cases[i].ignored, "%s against %s", cases[i].path,
		    cases[i].ignore != NULL ? cases[i].ignore : "nothing");
}

static const struct {
	const char *list, *name;
	bool wanted;
} extensions[] = {
	{ ".md, ts,*.json", "a.md", true }, { ".md, ts,*.json", "a.ts", true },
	{ ".md, ts,*.json", "a.json", true }, { "ts", "a.d.ts", true }, { "d.ts", "a.d.ts", true },
	{ "md", "a.mdx", false }, { "md", "md", false }, { "md", "amd", false },
	{ "md", ".md", false },	/* a hidden file has no extension */
	{ NULL, "anything", true }, { "", "anything", true }, { " , ", "anything", true },
};

Test(patterns, extensions_with_and_without_their_dot)
{
	size_t i;

	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		cr_expect_eq(patterns_wanted(extensions[i].list, extensions[i].name),
		    extensions[i].wanted, "%s against %s", extensions[i].name,
		    extensions[i].list != NULL ? extensions[i].list : "nothing");
}

/* What nobody would write must not make it read beyond the end; the sanitizers look on. */
Test(patterns, at_random)
{
	static const char letters[] = "a*?/!,.# [:]\\-";
	unsigned seed = 3;
	char list[24], path[12];
	int run, i;

	for (run = 0; run < 300000; run++) {
		for (i = 0; i < rand_r(&seed) % 23; i++)
			list[i] = letters[rand_r(&seed) % 14];
		list[i] = '\0';
		for (i = 0; i < rand_r(&seed) % 11; i++)
			path[i] = letters[rand_r(&seed) % 4];
		path[i] = '\0';
		patterns_ignored(list, path, run % 2);
		patterns_wanted(list, path);
	}
}

/* Stars that could be tried in more ways than there is time for. */
Test(patterns, many_stars_take_no_time, .timeout = 2)
{
	char path[4001];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_expect_not(patterns_ignored("*a*a*a*a*a*a*a*a*a*a*a*a*a*b", path, false));
	memset(path + 1, '/', 1);
	cr_expect_not(patterns_ignored("**/a*/**/a*a*a*a*a*/**/*a*a*a*a*b", path, false));
}
