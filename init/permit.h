/*
 * permit.h - who may send what to PID 1, with or without a descriptor.
 *
 * Looked at before any field of a message is. What breaks the table closes that peer.
 */
#ifndef INIT_PERMIT_H
#define INIT_PERMIT_H

#include <stdbool.h>

#include "base/message.h"

enum peer { PEER_KEEPER, PEER_WATCH, PEER_STORE, PEER_PROBE, PEER_CLIENT, PEER_REHEARSAL, PEERS };

bool permit(enum peer who, const struct message *m, int fd);

#endif
