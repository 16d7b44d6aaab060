/*
 * learning.h - the addresses of a service as its keepers know them: the slots they are given, and
 * what a worker binds that is no listener yet.
 */
#ifndef INIT_LEARNING_H
#define INIT_LEARNING_H

#include "base/message.h"

struct init;
struct served;
struct keeper_record;

/* Give a keeper its generation's slot of every listener there is. 0, or -1 with errno. */
int learning_introduce(const struct served *sv, const struct keeper_record *k);

/* A worker binds m->text: answer with its slot, or with none to let the bind go on untouched. */
void learning_bind(struct init *init, struct served *sv, struct keeper_record *k,
    const struct message *m);

#endif
