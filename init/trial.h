/*
 * trial.h - single facilities of the kernel, each one really tried.
 */
#ifndef INIT_TRIAL_H
#define INIT_TRIAL_H

struct trial {
	const char *facility;
	const char *purpose;		/* what baton does with it, or without it */
	int (*attempt)(void);		/* 0 or -1 with errno */
};

/* Ends with a row without a facility. */
extern const struct trial trials[];

#endif
