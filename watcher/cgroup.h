/*
 * cgroup.h - a cgroup for the build, beside or below our own: found, made, filled, emptied, removed.
 *
 * The watcher makes it, before its fence, and removes it; where it died the next one takes what it
 * left. The builder opens it, before its own fence, and the build enters it by a descriptor. Version
 * 2 where a tree with controllers can be written, else of version 1 the trees that can. Every refusal
 * is a normal answer: then there is none.
 */
#ifndef WATCHER_CGROUP_H
#define WATCHER_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cgroup_controller { CGROUP_MEMORY, CGROUP_CPU, CGROUP_PIDS, CGROUP_CONTROLLERS };

enum { CGROUP_TEXT = CGROUP_CONTROLLERS * PATH_MAX + 16 };

struct cgroup {
	int version;			/* 0: there is none */
	/* the build's directories, "" for a controller that it does not have; of version 2 all the same */
	char path[CGROUP_CONTROLLERS][PATH_MAX];
	int lock[CGROUP_CONTROLLERS];	/* held by who made it; -1: not open, as those below */
	int enter[CGROUP_CONTROLLERS];	/* their cgroup.procs */
	int limit, kill;		/* the file of the limit on memory; cgroup.kill */
	int idle, weight;		/* cpu.idle; cpu.weight or cpu.shares */
};

/* No cgroup. */
void cgroup_init(struct cgroup *g);

/*
 * Make one for builds. init: the process of that id is the first of all that we see, so that those
 * in our cgroup of version 2 may be moved into one below it; else 0. Never fails.
 */
void cgroup_make(struct cgroup *g, const char *mounts, const char *own, int init);

/* "v1 memory, cpu" for people; "" where there is none. */
void cgroup_summary(const struct cgroup *g, char *to, size_t size);

/* For another process: the directories, with ':' between. Read into what cgroup_init() was called with. */
void cgroup_print(const struct cgroup *g, char *to, size_t size);
void cgroup_parse(struct cgroup *g, const char *text);

/* Open what is written to while a build runs, as long as that is not forbidden. */
void cgroup_open(struct cgroup *g);

/* This process goes into it. */
void cgroup_enter(const struct cgroup *g);

/* Write a number or a word to a file of the controller's directory. 0 or -1. */
int cgroup_set(const struct cgroup *g, enum cgroup_controller which, const char *file,
    const char *value);

/* The limit on the memory of all in it, from now on; 0 for none. */
void cgroup_limit_memory(const struct cgroup *g, int64_t bytes);

/* Idle (Linux 5.15), or of this weight. Of version 1 weights are another measure, shares. */
void cgroup_weigh(const struct cgroup *g, bool idle, const char *weight);

/* What they have, without what could be taken back at once; 0: not known. */
int64_t cgroup_memory(const struct cgroup *g);

/* How many of them the limit on memory has cost their life, since it was made. */
int64_t cgroup_killed(const struct cgroup *g);

/* How many processes and threads are in it; 0: not known. */
int64_t cgroup_processes(const struct cgroup *g);

/* Kill all in it at once, where that can be done. */
void cgroup_kill(const struct cgroup *g);

/* Remove it, if nobody is in it. */
void cgroup_remove(struct cgroup *g);

#endif
