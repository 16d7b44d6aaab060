/*
 * manual.h - the same tables as help, as a man page and as markdown.
 */
#ifndef INIT_MANUAL_H
#define INIT_MANUAL_H

/* baton.1, in the man(7) macros, on stdout. */
void manual_roff(void);

/* The tables of docs/manual.md on stdout: commands, exit codes, variables. */
void manual_markdown(void);

#endif
