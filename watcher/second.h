/*
 * second.h - the user that builds run as: BATON_SANDBOX_USER.
 *
 * A user who owns nothing cannot signal, limit, trace or slow down a process of the service, and can
 * change neither modes nor times of its files, whatever else fails. It reads and writes the project
 * with CAP_DAC_OVERRIDE, as far as Landlock lets it. What it made of a release is given back to
 * baton's own user when that is published; what it made elsewhere stays its own.
 */
#ifndef WATCHER_SECOND_H
#define WATCHER_SECOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/user.h"
#include "watcher/config.h"

/* The user of that name, not "auto" or "off". 0, or -1 with one sentence in why. */
int second_name(struct user *u, const char *text, char *why, size_t size);

/*
 * Who is it? 1: u, which can be had; 0: builds run as we do, because that is wanted or because it can
 * only be so ("" or a sentence in why); -1: somebody was named and cannot be had, and why.
 */
int second_find(const struct sandbox_config *config, struct user *u, char *why, size_t size);

/* For the doctor: one line. */
void second_describe(FILE *to);

/* Be it for good, with the capabilities a builder needs, as far as they are held. 0 or -1. */
int second_become(const struct user *u);

#endif
