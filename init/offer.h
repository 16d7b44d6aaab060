/*
 * offer.h - the client's side of `baton upgrade`: the binary is found, tried and handed over.
 *
 * The client opens it, because PID 1 waits for no disk, and hands the descriptor over, so that what
 * was looked at is what is executed.
 */
#ifndef INIT_OFFER_H
#define INIT_OFFER_H

/*
 * Upgrade whoever is at the other end of this socket to the binary at path, or where it was started
 * from itself when path is NULL. Returns the exit status, after saying how it went.
 */
int offer(int socket, const char *path);

#endif
