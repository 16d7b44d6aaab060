/*
 * control.h - the control socket: what is asked there. Where it is: place.h; who may: clients.h.
 *
 * AF_UNIX SOCK_SEQPACKET, mode 0600; one struct message a packet.
 */
#ifndef INIT_CONTROL_H
#define INIT_CONTROL_H

#include <stdint.h>

struct init;
struct message;
struct served;

/* A client asks, or is gone. */
void control_client(struct init *init, int index);

/* Send to everyone who waits for this service; fd may be -1. A client that does not read is closed. */
void control_step(struct init *init, const struct served *sv, const char *text, int fd);

/* What a client waits for may have come: called after each event. */
void control_settle(struct init *init);

/* The last lines that a build wrote; who reads its log has them already. */
void control_build_lines(struct init *init, const struct served *sv, int fd);

/*
 * The build `number` began, fd to read its log or -1, or ended; turn is the handoff that it led to,
 * 0 for none.
 */
void control_build_began(struct init *init, const struct served *sv, int32_t number, int fd);
void control_build_ended(struct init *init, const struct served *sv, int32_t number, int code,
    uint32_t turn, const char *why);

/* The watcher answers who asked for a log; or it has ended, and does not. */
void control_log(struct init *init, const struct served *sv, const struct message *m, int fd);
void control_watcher_ended(struct init *init, const struct served *sv);

/* Nobody is heard any more; the socket's file is removed. */
void control_close(struct init *init);

#endif
