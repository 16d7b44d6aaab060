/* intent.c - a build, or only a reload? No system calls. */
#include "watcher/intent.h"

void
intent_change(struct intent *i, bool reload_only)
{
	if (reload_only)
		i->reloads = true;
	else
		i->builds = true;
}

void
intent_doubt(struct intent *i)
{
	i->again = true;
}

void
intent_nothing(struct intent *i)
{
	if (!i->again)
		i->builds = i->reloads = false;
}

void
intent_ask(struct intent *i, bool again, int32_t told, bool reloads)
{
	i->asked = true;
	i->told = told;
	i->owed |= again && reloads;
}

enum intent_act
intent_begin(struct intent *i, bool builds, int32_t *told)
{
	bool build = builds && (i->asked || i->builds || !i->reloads);

	/* what was seen to change is to be tried, also if it was there before */
	*told = i->builds ? 0 : i->told;
	i->owed = build && (i->owed || i->reloads);
	i->told = 0;
	i->asked = i->again = false;
	intent_nothing(i);
	return build ? INTENT_BUILD : INTENT_RELOAD;
}

bool
intent_end(struct intent *i, enum intent_result result)
{
	bool reload;

	switch (result) {
	case INTENT_LOST:
		i->builds = i->again = true;	/* what it was to build still is to be built */
		return false;
	case INTENT_FAILED:
		return false;		/* and leaves what is owed to the next build */
	case INTENT_BUILT:
		i->owed = false;	/* a new release comes with new workers */
		return false;
	case INTENT_SAME:
		break;
	}
	reload = i->owed;
	i->owed = false;
	return reload;
}

int32_t
intent_same(uint64_t built, struct intent_release live, struct intent_release told)
{
	if (live.number != 0 && live.digest == built)
		return live.number;
	return told.number != 0 && told.digest == built ? told.number : 0;
}
