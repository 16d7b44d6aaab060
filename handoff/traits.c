/* traits.c - what a listening socket has that is set before bind(2). */
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/fd.h"
#include "handoff/traits.h"

static const struct {
	const char *name;
	int level, option;
	int factor;			/* what is read is so many times what was set (socket(7)) */
} rows[TRAITS] = {
	[TRAIT_RCVBUF] = { "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 2 },
	[TRAIT_SNDBUF] = { "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 2 },
	[TRAIT_DEFER_ACCEPT] = { "TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, 1 },
	[TRAIT_FASTOPEN] = { "TCP_FASTOPEN", IPPROTO_TCP, TCP_FASTOPEN, 1 },
	[TRAIT_KEEPALIVE] = { "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1 },
	[TRAIT_KEEPIDLE] = { "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 1 },
	[TRAIT_KEEPINTVL] = { "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 1 },
	[TRAIT_KEEPCNT] = { "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 1 },
	[TRAIT_NODELAY] = { "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1 },
	[TRAIT_MAXSEG] = { "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, 1 },
	[TRAIT_USER_TIMEOUT] = { "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 1 },
	[TRAIT_PRIORITY] = { "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 1 },
	[TRAIT_MARK] = { "SO_MARK", SOL_SOCKET, SO_MARK, 1 },
	[TRAIT_TOS] = { "IP_TOS", IPPROTO_IP, IP_TOS, 1 },
	[TRAIT_TCLASS] = { "IPV6_TCLASS", IPPROTO_IPV6, IPV6_TCLASS, 1 },
	[TRAIT_LINGER2] = { "TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, 1 },
};

void
traits_add(struct traits *t, enum trait which, int value)
{
	t->given |= UINT32_C(1) << which;
	t->value[which] = value;
}

int
traits_find(int level, int option)
{
	int i;

	for (i = 0; i < TRAITS; i++)
		if (rows[i].level == level && rows[i].option == option)
			return i;
	return -1;
}

const char *
traits_name(enum trait which)
{
	return rows[which].name;
}

/* As it would have to be set. */
static int
get(int fd, int which, int *value)
{
	int got = 0;
	socklen_t length = sizeof(got);

	if (getsockopt(fd, rows[which].level, rows[which].option, &got, &length) == -1)
		return -1;
	*value = got / rows[which].factor;
	return 0;
}

uint32_t
traits_apply(int fd, const struct traits *t)
{
	uint32_t failed = 0;
	int i, has, kept = errno;

	for (i = 0; i < TRAITS; i++) {
		uint32_t bit = UINT32_C(1) << i;

		/* a buffer that was never set grows by itself: the same number is not the same */
		if ((t->given & bit) == 0 || get(fd, i, &has) == -1 || (has == t->value[i] &&
		    i != TRAIT_RCVBUF && i != TRAIT_SNDBUF))
			continue;
		if (setsockopt(fd, rows[i].level, rows[i].option, &t->value[i],
		    sizeof(t->value[i])) == -1) {
			failed |= bit;
			kept = errno;
		}
	}
	errno = kept;
	return failed;
}

void
traits_read(int fd, struct traits *t)
{
	int family = 0, plain, i, has, usual;
	socklen_t length = sizeof(family);

	*t = (struct traits){ 0 };
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == -1 ||
	    (plain = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return;
	for (i = 0; i < TRAITS; i++)
		if (get(fd, i, &has) == 0 && get(plain, i, &usual) == 0 && has != usual)
			traits_add(t, i, has);
	fd_close(&plain);
}
