/* child.c - what a test tries in a child of its own. */
#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/child.h"

int
child_run(int (*what)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(what());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == CHILD_CANNOT)
		cr_skip_test("not what this user may do here");
	return WEXITSTATUS(status);
}
