/*
 * apart.h - do the services of one configuration keep out of each other's way?
 */
#ifndef INIT_APART_H
#define INIT_APART_H

#include "init/config.h"

/* Report each two that listen on one address or write into one place. Returns how many. */
int apart(const struct config *c, options_report *report);

#endif
