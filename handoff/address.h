/*
 * address.h - where a service is reached. PURE: text, sockaddr(7) and comparison.
 *
 * "8080" and ":8080" are [::]:8080 for both families (an IPv4 client appears as ::ffff:a.b.c.d),
 * "0.0.0.0:8080" is IPv4 alone, "[2001:db8::1]:80" one IPv6 address. What has a slash in it is the
 * path of a UNIX stream socket: "/run/app.sock", "./app.sock".
 */
#ifndef HANDOFF_ADDRESS_H
#define HANDOFF_ADDRESS_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ADDRESS_PATH_MOST = 107,	/* sun_path of unix(7), less the NUL */
	ADDRESS_TEXT = ADDRESS_PATH_MOST + 1	/* room for the longest text with its NUL */
};

struct address {
	uint16_t family;	/* AF_INET, AF_INET6, AF_UNIX, or 0 for none */
	uint16_t port;		/* host order; 0 for a path */
	uint8_t ip[16];		/* network order; 4 bytes of it for IPv4 */
	char path[ADDRESS_PATH_MOST + 1];	/* of AF_UNIX, else empty */
};

/* 0, or -1 when text is no address with a port from 1 to 65535, and no path. */
int address_parse(struct address *a, const char *text);

/*
 * 0, or -1 when it is neither IPv4 nor IPv6 nor a path, or too short. A path is as it was written:
 * relative, perhaps.
 */
int address_from_sockaddr(struct address *a, const void *sockaddr, size_t length);

/* Returns the length for bind(2) and connect(2). */
socklen_t address_to_sockaddr(const struct address *a, struct sockaddr_storage *to);

/* Writes what address_parse() reads; `to` has ADDRESS_TEXT bytes. */
void address_print(char *to, const struct address *a);

bool address_equal(const struct address *a, const struct address *b);
bool address_is_wildcard(const struct address *a);

/*
 * A worker that asks for `asked` is served by a socket on `listener`: the same address, or the same
 * port where one of them is any.
 */
bool address_covers(const struct address *listener, const struct address *asked);

/* Where a client in this container connects to reach it: the loopback address for a wildcard. */
struct address address_reachable(const struct address *listener);

/* [::1] with this port. */
struct address address_loopback6(uint16_t port);

#endif
