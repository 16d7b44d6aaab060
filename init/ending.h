/*
 * ending.h - the last moments of baton: nobody of ours is left behind, and nobody else is touched.
 */
#ifndef INIT_ENDING_H
#define INIT_ENDING_H

struct init;
struct keeper_record;
struct served;

/* End the helpers, what keepers that were killed have left, and the control socket. Bounded in time. */
void ending_finish(struct init *init);

/*
 * A keeper was killed and could not end what is below it: that is ours now. The process groups of
 * its workers are what we know for sure, and our children whose environment names its generation.
 */
void ending_orphans(const struct init *init, const struct keeper_record *k);

/* The paths of UNIX listeners go: what is left behind would refuse its clients. */
void ending_remove(const struct served *sv);

#endif
