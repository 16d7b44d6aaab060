/*
 * foreign.h - variables that begin with BATON_, are not in the table, and are no mistake.
 */
#ifndef INIT_FOREIGN_H
#define INIT_FOREIGN_H

#include <stdbool.h>

/*
 * What an outer baton gives its workers and builds, and what Kubernetes and container links set in
 * every neighbour of a service that is called baton. name is without BATON_.
 */
bool foreign_is(const char *name, const char *value);

#endif
