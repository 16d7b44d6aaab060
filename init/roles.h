/*
 * roles.h - how the configuration becomes what each role is told.
 */
#ifndef INIT_ROLES_H
#define INIT_ROLES_H

/* The entries of the internal roles. argv[0] is the role's name. Each returns the exit status. */
int role_keeper(int argc, char *const argv[]);
int role_launch(int argc, char *const argv[]);
int role_watch(int argc, char *const argv[]);
int role_builder(int argc, char *const argv[]);
int role_store(int argc, char *const argv[]);
int role_probe(int argc, char *const argv[]);

#endif
