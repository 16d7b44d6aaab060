/*
 * sections.h - the lines of BATON_CONFIG.
 */
#ifndef INIT_SECTIONS_H
#define INIT_SECTIONS_H

#include "init/options.h"

struct config;

/*
 * Make the services of c->plain.config, each from c->plain and the keys of its section. Reports
 * each wrong line by its number; returns how many errors there were.
 */
int sections_read(struct config *c, options_report *report);

#endif
