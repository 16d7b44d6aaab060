/* Goal: connections, queues and memory are counted for the right processes, once each. */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/observe.h"

enum { ACCEPTED = 3, WAITING = 2 };

static struct state st;
static int listening, clients[ACCEPTED + WAITING];
static struct sockaddr_in address;

static void
listen_somewhere(void)
{
	socklen_t length = sizeof(address);

	address = (struct sockaddr_in){ .sin_family = AF_INET };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(getsockname(listening, (struct sockaddr *)&address, &length), 0);
	cr_assert_eq(listen(listening, 16), 0);
}

/* A worker that accepts some and says so; its child holds the same sockets. */
static pid_t
start_worker(void)
{
	int pipes[2], i;
	pid_t pid;
	char ready;

	cr_assert_eq(pipe(pipes), 0);
	if ((pid = fork()) == 0) {
		for (i = 0; i < ACCEPTED; i++)
			accept(listening, NULL, NULL);
		if (fork() > 0 && write(pipes[1], "r", 1) != 1)
			_exit(1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(20);
		for (;;)
			pause();
	}
	for (i = 0; i < ACCEPTED + WAITING; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		cr_assert_eq(connect(clients[i], (struct sockaddr *)&address, sizeof(address)), 0);
	}
	cr_assert_eq(read(pipes[0], &ready, 1), 1);
	return pid;
}

Test(observe, a_worker_and_its_child_count_once, .timeout = 20)
{
	struct served *sv = &st.services[0];
	struct keeper_record *k = &sv->keepers[2];
	const struct listener elsewhere = { .address = { .family = AF_INET, .port = 1 } };
	struct observed seen;
	struct observer o;

	st.pid = getpid();
	listen_somewhere();
	st.service_count = 1;
	sv->listener_count = 1;
	sv->listeners[0].address = (struct address){ .family = AF_INET,
	    .port = ntohs(address.sin_port), .ip = { 127 } };
	k->serial = 5;
	k->workers[1].pid = start_worker();

	observe_begin(&o, &st, 0);
	cr_assert_eq(observe_keeper(sv, 5), k);
	cr_assert_null(observe_keeper(sv, 6));
	observe_generation(&o, k, &seen);
	cr_expect_eq(seen.connections, ACCEPTED);
	cr_expect_eq(seen.queue, WAITING);
	cr_expect_eq(seen.rss[0], -1);
	cr_expect_gt(seen.rss[1], 4096);
	cr_expect_eq(observe_queue(&o, sv, &sv->listeners[0]), WAITING);
	cr_expect_eq(observe_queue(&o, sv, &elsewhere), -1);
	observe_end(&o);

	kill(k->workers[1].pid, SIGKILL);
	waitpid(k->workers[1].pid, NULL, 0);
}

Test(observe, a_worker_that_is_gone)
{
	struct keeper_record k = { .serial = 1 };
	struct observed seen;
	struct observer o;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	k.workers[0].pid = pid;
	st.pid = getpid();
	observe_begin(&o, &st, getpid());
	observe_generation(&o, &k, &seen);
	cr_expect_eq(seen.rss[0], -1);
	cr_expect_eq(seen.connections, 0);
	observe_end(&o);
}
