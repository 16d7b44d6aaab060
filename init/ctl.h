/*
 * ctl.h - the client of the running baton: status, reload, build, rollback, ready, live ...
 *
 * One connection to the control socket, one question, steps as they happen, one answer. `releases`
 * and `logs` need no answer: they read the releases directory.
 */
#ifndef INIT_CTL_H
#define INIT_CTL_H

/* argv[0] is the command. Returns the exit status: an EXIT_ of command.h. */
int ctl_run(int argc, char *const argv[]);

#endif
