/*
 * reap.h - wait for every child that has ended: our own, and the orphans that became ours.
 */
#ifndef INIT_REAP_H
#define INIT_REAP_H

struct init;

/* Reaps a bounded number; init->more_to_reap says that there may be more. */
void reap(struct init *init);

#endif
