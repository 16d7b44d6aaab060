/*
 * signals.h - the signals PID 1 gets, read from a descriptor (signalfd(2)).
 *
 * TERM ends everything, INT and QUIT a service, HUP hands a service over, CHLD is a child to reap. All
 * others are forwarded, to a plain command all but TERM and CHLD. BATON_SIGNALS has the last word.
 */
#ifndef INIT_SIGNALS_H
#define INIT_SIGNALS_H

struct init;
struct served;

/* Block everything that can be blocked and open the descriptor; -1 with errno. */
int signals_open(void);

void signals_read(struct init *init);

/* The terminal has stopped the command: then whoever started baton sees that baton is stopped. */
void signals_stopped(const struct init *init, struct served *sv, int signo);

#endif
