/* main.c - the one binary: which word on the command line is which job. */
#include <sys/socket.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/role.h"
#include "init/boot.h"
#include "init/check.h"
#include "init/command.h"
#include "init/ctl.h"
#include "init/doctor.h"
#include "init/help.h"
#include "init/resume.h"
#include "init/roles.h"
#include "init/takeover.h"

struct job {
	const char *name;
	bool internal;		/* a role: only with a channel to who started it */
	int (*run)(int argc, char *const argv[]);
};

static const struct job jobs[] = {
	{ "watch", true, role_watch },
	{ "warden", true, role_warden },
	{ "builder", true, role_builder },
	{ "store", true, role_store },
	{ "probe", true, role_probe },
	{ "status", false, ctl_run },
	{ "reload", false, ctl_run },
	{ "build", false, ctl_run },
	{ "rollback", false, ctl_run },
	{ "promote", false, ctl_run },
	{ "upgrade", false, ctl_run },
	{ "releases", false, ctl_run },
	{ "logs", false, ctl_run },
	{ "ready", false, ctl_run },
	{ "live", false, ctl_run },
	{ "check", false, check_run },
	{ "doctor", false, doctor_run },
	{ "help", false, help_run },
	{ "--help", false, help_run },
	{ "version", false, version_run },
	{ "--version", false, version_run },
};

/* A role's channel is a packet socket where nothing is that people start by hand. */
static bool
has_channel(void)
{
	int type = 0;
	socklen_t length = sizeof(type);

	return getsockopt(ROLE_CHANNEL, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
	    type == SOCK_SEQPACKET;
}

static const struct job *
find(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		if (strcmp(jobs[i].name, word) == 0 && (!jobs[i].internal || has_channel()))
			return &jobs[i];
	return NULL;
}

static char **
command_of(int argc, char *argv[])
{
	return argv + 1 + (argc > 1 && strcmp(argv[1], "--") == 0);
}

int
main(int argc, char *argv[])
{
	const struct job *job = argc > 1 ? find(argv[1]) : NULL;
	struct takeover takeover;

	role_title(argc, argv);
	if (takeover_said(&takeover))	/* first: its descriptors look like anything */
		return resume(&takeover, command_of(argc, argv), argv);
	if (job != NULL) {
		if (job->internal)
			role_boot(1);
		return job->run(argc - 1, argv + 1);
	}
	if (command_of(argc, argv)[0] == NULL && getenv("BATON_CONFIG") == NULL) {
		fprintf(stderr, "baton: no command to run: baton [--] COMMAND [ARGUMENT...]; "
		    "`baton help` tells more\n");
		return EXIT_USAGE;
	}
	return boot(command_of(argc, argv), argv);
}
