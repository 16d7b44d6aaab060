/*
 * weight.h - how much memory a worker and all below it have.
 */
#ifndef HANDOFF_WEIGHT_H
#define HANDOFF_WEIGHT_H

#include <sys/types.h>

#include <stdint.h>

/*
 * Bytes, what is shared among processes counted by its share (Pss of smaps_rollup, proc(5), Linux
 * 4.14), or resident where that may not be read. 0 when nothing can be known.
 */
int64_t weight_of(pid_t pid);

#endif
