/* outcome.c - how a process ended. No system calls. */
#include <sys/wait.h>

#include "handoff/outcome.h"

enum { CODES = 256, WORD = 64 };

int
outcome_code(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 1;
}

bool
outcome_succeeded(const uint64_t exit_ok[static 4], int code)
{
	if (code == 0)
		return true;
	return code > 0 && code < CODES && (exit_ok[code / WORD] >> (code % WORD) & 1) != 0;
}
