/* target.h - where the requests go: the URL taken apart, and the request's text. */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>

struct target {
	struct sockaddr_storage address;
	socklen_t address_size;
	char host[300]; /* as the Host header wants it */
	char request[4096];
	size_t request_size;
};

/*
 * Read http://HOST[:PORT][/PATH] (HOST: an IPv4 address, [an IPv6 one], or localhost) or
 * unix:/SOCKET[:/PATH], and prepare the request. On failure returns -1, and *why is one sentence.
 */
int target_parse(struct target *t, const char *url, bool keep_alive, const char **why);

#endif
