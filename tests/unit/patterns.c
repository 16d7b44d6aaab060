/* Goal: patterns mean what they mean to git. */
#include <criterion/criterion.h>

#include "watcher/patterns.h"

static const struct {
	const char *ignore, *path;
	bool directory, ignored;
} cases[] = {
	{ NULL, "a.md", false, false },
	{ NULL, ".git", true, true },
	{ NULL, "deep/node_modules", true, true },
	{ NULL, ".gitignore", false, false },
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
};

Test(patterns, the_table)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct patterns *p = patterns_new(NULL, cases[i].ignore);

		cr_expect_eq(patterns_ignored(p, cases[i].path, cases[i].directory),
		    cases[i].ignored, "%s against %s", cases[i].path,
		    cases[i].ignore != NULL ? cases[i].ignore : "nothing");
		patterns_free(p);
	}
}

Test(patterns, extensions_with_and_without_their_dot)
{
	struct patterns *p = patterns_new(".md, ts,*.json", NULL);

	cr_assert(patterns_wanted(p, "a.md"));
	cr_assert(patterns_wanted(p, "a.ts"));
	cr_assert(patterns_wanted(p, "a.json"));
	cr_assert(patterns_wanted(p, "a.d.ts"));
	cr_assert_not(patterns_wanted(p, "a.mdx"));
	cr_assert_not(patterns_wanted(p, "md"));
	cr_assert_not(patterns_wanted(p, ".md"), "a hidden file has no extension");
	patterns_free(p);
	p = patterns_new(NULL, NULL);
	cr_assert(patterns_wanted(p, "anything"));
	patterns_free(p);
}
