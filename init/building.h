/*
 * building.h - PID 1's side of the watcher: a new release is wanted when it says that it built one.
 */
#ifndef INIT_BUILDING_H
#define INIT_BUILDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/message.h"

struct init;
struct served;

/* Begin to watch and build, if the options ask for it. */
void building_begin(struct init *init, struct served *sv);

/* Ask for a build; -1 when nothing builds here. */
int building_ask(struct init *init, struct served *sv, const char *trigger);

/* A release was built and can be had: hand over to it. 0: what is there is to be started again. */
void building_go_on(struct init *init, struct served *sv, int32_t release);

/*
 * All releases that a generation runs or is to run, or that a link leads to: "3 7 9". False when there
 * is no room for all.
 */
bool building_in_use(const struct served *sv, char *text, size_t size);

/* Ask for what build `number` wrote, 0 for the newest; -1 when nobody can answer. */
int building_show_log(const struct served *sv, uint32_t client, int32_t number);

void building_hear(struct init *init, struct served *sv, const struct message *m, int fd);
void building_ended(struct init *init, struct served *sv, int status);
void building_settle(struct init *init, struct served *sv);

#endif
