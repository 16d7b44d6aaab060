/* Goal: what changed is built, or reloaded, or both, and nothing of it is forgotten. */
#include <criterion/criterion.h>

#include "watcher/intent.h"

static enum intent_act
begin(struct intent *i)
{
	int32_t told;

	return intent_begin(i, true, &told);
}

Test(intent, what_needs_no_build_is_reloaded)
{
	struct intent i = { 0 };
	int32_t told;

	intent_change(&i, true);
	cr_expect_eq(begin(&i), INTENT_RELOAD);
	intent_change(&i, true);
	intent_change(&i, false);
	cr_expect_eq(begin(&i), INTENT_BUILD);
	cr_expect(intent_end(&i, INTENT_SAME), "the half that is only reloaded");
	cr_expect_not(intent_end(&i, INTENT_SAME), "once");
	intent_change(&i, false);
	cr_expect_eq(intent_begin(&i, false, &told), INTENT_RELOAD, "where nothing can be built");
	intent_change(&i, true);
	intent_nothing(&i);
	intent_ask(&i, false, 0, true);
	cr_expect_eq(begin(&i), INTENT_BUILD);
	cr_expect_not(intent_end(&i, INTENT_SAME));
}

Test(intent, a_failed_build_leaves_the_reload_to_the_next)
{
	struct intent i = { 0 };

	intent_change(&i, true);
	intent_change(&i, false);
	begin(&i);
	cr_expect_not(intent_end(&i, INTENT_FAILED));
	intent_change(&i, false);
	begin(&i);
	cr_expect(intent_end(&i, INTENT_SAME));
	intent_change(&i, true);
	intent_change(&i, false);
	begin(&i);
	cr_expect_not(intent_end(&i, INTENT_BUILT), "new workers have seen it all");
	begin(&i);
	cr_expect_not(intent_end(&i, INTENT_SAME));
}

Test(intent, a_build_that_is_lost_is_still_to_be_done)
{
	struct intent i = { 0 };

	intent_change(&i, false);
	begin(&i);
	intent_change(&i, true);
	cr_expect_not(intent_end(&i, INTENT_LOST));
	cr_expect_eq(begin(&i), INTENT_BUILD);
}

Test(intent, started_again_it_knows_nothing_of_what_is_only_reloaded)
{
	struct intent i = { 0 };
	int32_t told;

	intent_ask(&i, true, 7, true);
	cr_expect_eq(intent_begin(&i, true, &told), INTENT_BUILD);
	cr_expect_eq(told, 7);
	cr_expect(intent_end(&i, INTENT_SAME));
	intent_ask(&i, true, 7, false);
	intent_change(&i, false);
	intent_begin(&i, true, &told);
	cr_expect_eq(told, 0, "what is saved now is tried, also if it was there before");
	cr_expect_not(intent_end(&i, INTENT_SAME));
}

Test(intent, what_equals_what)
{
	const struct intent_release none = { 0, 0 }, live = { 3, 30 }, told = { 5, 50 };

	cr_expect_eq(intent_same(30, live, told), 3);
	cr_expect_eq(intent_same(50, live, told), 5);
	cr_expect_eq(intent_same(60, live, told), 0);
	cr_expect_eq(intent_same(0, none, none), 0);
}
