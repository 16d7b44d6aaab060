/*
 * roles.h - how the configuration becomes what each role is told.
 */
#ifndef INIT_ROLES_H
#define INIT_ROLES_H

#include <stdbool.h>
#include <stdint.h>

#include "init/options.h"

/*
 * The entries of the executed roles. argv[0] is the role's name, argv[1] that of the service it works
 * for. Each returns the exit status.
 */
int role_watch(int argc, char *const argv[]);
int role_warden(int argc, char *const argv[]);
int role_builder(int argc, char *const argv[]);
int role_store(int argc, char *const argv[]);
int role_probe(int argc, char *const argv[]);

/* In a forked child: be the keeper of this generation. Returns the exit status. */
int roles_keep(const struct options *o, char *const command[], const char *service, uint32_t serial,
    int32_t release, int services);

/*
 * Is a command started again that serves nothing? Alone it is what baton is the init of, and only
 * if asked for; beside others it is one of those that baton supervises.
 */
bool roles_restart_plain(const struct options *o, int services);

#endif
