/*
 * graft.h - put an ended connection in the place of a worker's own, while it is stopped.
 *
 * The worker then sees a client that has gone, and closes in its own way; the connection itself is
 * open in a copy that the caller has. epoll(7) names what it watches by descriptor and open file, so
 * it is told too: what it was asked to report is asked for the ended one, with the same data.
 */
#ifndef HANDOFF_GRAFT_H
#define HANDOFF_GRAFT_H

#include "handoff/remote.h"

enum { GRAFT_EPOLLS = 32 };

struct graft {
	struct remote remote;
	int dead;			/* in the worker: a socket whose peer has gone; -1 */
	int epolls[GRAFT_EPOLLS];	/* its epoll instances */
	int count;
};

/*
 * Stop the process for graft_take() until graft_end(), whatever that returns. 0; or -1 with EPERM where
 * that is refused, or for a process that reads by io_uring(7); or EAGAIN.
 */
int graft_begin(struct graft *g, pid_t pid);
void graft_end(struct graft *g);

/* Take this connection away from it. 0; or -1, and it has it as before. */
int graft_take(struct graft *g, int fd);

/*
 * Copies of descriptors of a process, where pidfd_getfd(2) is refused: it is made to send them. copies[i]
 * is -1 for what did not come. 0; or -1 with EPERM or EAGAIN.
 */
int graft_copy(pid_t pid, const int *fds, int count, int *copies);

#endif
