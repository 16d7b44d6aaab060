/*
 * effect.h - a configuration as it takes effect, for people and for programs.
 */
#ifndef INIT_EFFECT_H
#define INIT_EFFECT_H

struct config;

/* A table of all variables, then of each service what is its own. */
void effect_print(const struct config *c);

/*
 * The members "variables", "command" and "services" of a JSON object, with ',' between. A single
 * service is there in all three.
 */
void effect_print_json(const struct config *c);

#endif
