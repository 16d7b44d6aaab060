/*
 * inherited.c - prints what a process gets from who started it, one "NAME VALUE" a line: two runs
 * with the same origin print the same. It opens nothing before it has looked at its descriptors.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void
descriptors(void)
{
	char path[64], link[PATH_MAX];
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	ssize_t length;

	if (dir == NULL)
		exit(1);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(dir))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%.20s", entry->d_name);
		length = readlink(path, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = '\0';
		printf("fd%s %s\n", entry->d_name, link);
	}
	closedir(dir);
}

static void
status(void)
{
	static const char *const wanted[] = { "SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd",
		"Uid", "Gid", "Groups", "Umask", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
		"Cpus_allowed_list", "NoNewPrivs", "Seccomp" };
	FILE *file = fopen("/proc/self/status", "re");
	char line[512], *colon;
	size_t i;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if ((colon = strchr(line, ':')) == NULL)
			continue;
		*colon = '\0';
		for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (strcmp(line, wanted[i]) == 0)
				printf("%s %s", line, colon + 1 + strspn(colon + 1, "\t "));
	}
	if (file != NULL)
		fclose(file);
}

static void
file_of(const char *name, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[128] = "?\n";

	if (file != NULL && fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	printf("%s %s", name, line);
	if (file != NULL)
		fclose(file);
}

static void
limits(void)
{
	struct rlimit l;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit((__rlimit_resource_t)i, &l) == 0)
			printf("limit%d %lld %lld\n", i, (long long)l.rlim_cur,
			    (long long)l.rlim_max);
}

int
main(void)
{
	char cwd[PATH_MAX] = "?";
	int i;

	descriptors();
	status();
	limits();
	file_of("oom_score_adj", "/proc/self/oom_score_adj");
	file_of("personality", "/proc/self/personality");
	printf("cwd %s\n", getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "?");
	printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
	printf("scheduler %d\n", sched_getscheduler(0));
	printf("timerslack %d\n", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	printf("session %d\n", (int)getsid(0));
	for (i = 0; environ[i] != NULL; i++)
		printf("environment %s\n", environ[i]);
	return 0;
}
