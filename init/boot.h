/*
 * boot.h - from exec to the first event: the only part of PID 1 that may fail and end.
 */
#ifndef INIT_BOOT_H
#define INIT_BOOT_H

/* Run command as init. Returns the exit status of baton. */
int boot(char *const command[]);

#endif
