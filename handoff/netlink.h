/*
 * netlink.h - the answers of sock_diag(7): messages, and the attributes at their end.
 *
 * The kernel answers within the call that asks, so nothing here waits for anybody.
 */
#ifndef HANDOFF_NETLINK_H
#define HANDOFF_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor, or -1 with errno. */
int netlink_open(void);

/* Send a question, of header->nlmsg_len bytes. 0, or -1 with errno. */
int netlink_ask(int netlink, const struct nlmsghdr *header);

typedef void netlink_message(void *context, const struct nlmsghdr *h);

/* Everything that answers the question with this number. 0, or -1 with errno, the kernel's as well. */
int netlink_answer(int netlink, uint32_t sequence, netlink_message *message, void *context);

typedef void netlink_attribute(void *context, int type, const void *bytes, size_t length);

/* Each attribute behind a body of that size. */
void netlink_attributes(const struct nlmsghdr *h, size_t body, netlink_attribute *attribute,
    void *context);

#endif
