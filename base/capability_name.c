/* capability_name.c - sets as people write them. No system calls. */
#include <linux/capability.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/capability.h"
#include "base/text.h"

enum { BITS = 64, KNOWN = CAP_CHECKPOINT_RESTORE + 1, ITEM_SIZE = 40 };

static const char *const names[KNOWN] = {
	[CAP_CHOWN] = "CHOWN",
	[CAP_DAC_OVERRIDE] = "DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "DAC_READ_SEARCH",
	[CAP_FOWNER] = "FOWNER",
	[CAP_FSETID] = "FSETID",
	[CAP_KILL] = "KILL",
	[CAP_SETGID] = "SETGID",
	[CAP_SETUID] = "SETUID",
	[CAP_SETPCAP] = "SETPCAP",
	[CAP_LINUX_IMMUTABLE] = "LINUX_IMMUTABLE",
	[CAP_NET_BIND_SERVICE] = "NET_BIND_SERVICE",
	[CAP_NET_BROADCAST] = "NET_BROADCAST",
	[CAP_NET_ADMIN] = "NET_ADMIN",
	[CAP_NET_RAW] = "NET_RAW",
	[CAP_IPC_LOCK] = "IPC_LOCK",
	[CAP_IPC_OWNER] = "IPC_OWNER",
	[CAP_SYS_MODULE] = "SYS_MODULE",
	[CAP_SYS_RAWIO] = "SYS_RAWIO",
	[CAP_SYS_CHROOT] = "SYS_CHROOT",
	[CAP_SYS_PTRACE] = "SYS_PTRACE",
	[CAP_SYS_PACCT] = "SYS_PACCT",
	[CAP_SYS_ADMIN] = "SYS_ADMIN",
	[CAP_SYS_BOOT] = "SYS_BOOT",
	[CAP_SYS_NICE] = "SYS_NICE",
	[CAP_SYS_RESOURCE] = "SYS_RESOURCE",
	[CAP_SYS_TIME] = "SYS_TIME",
	[CAP_SYS_TTY_CONFIG] = "SYS_TTY_CONFIG",
	[CAP_MKNOD] = "MKNOD",
	[CAP_LEASE] = "LEASE",
	[CAP_AUDIT_WRITE] = "AUDIT_WRITE",
	[CAP_AUDIT_CONTROL] = "AUDIT_CONTROL",
	[CAP_SETFCAP] = "SETFCAP",
	[CAP_MAC_OVERRIDE] = "MAC_OVERRIDE",
	[CAP_MAC_ADMIN] = "MAC_ADMIN",
	[CAP_SYSLOG] = "SYSLOG",
	[CAP_WAKE_ALARM] = "WAKE_ALARM",
	[CAP_BLOCK_SUSPEND] = "BLOCK_SUSPEND",
	[CAP_AUDIT_READ] = "AUDIT_READ",
	[CAP_PERFMON] = "PERFMON",
	[CAP_BPF] = "BPF",
	[CAP_CHECKPOINT_RESTORE] = "CHECKPOINT_RESTORE",
};

static int
find(const char *name)
{
	int i;

	for (i = 0; i < KNOWN; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* The name that was meant: few edits away, or written to its half at least. NULL: none is. */
static const char *
nearest(const char *plain)
{
	int best = 2 + (int)strlen(plain) / 4, distance, i;
	const char *found = NULL;

	for (i = 0; i < KNOWN; i++) {
		distance = text_distance(plain, names[i]);
		if (text_begins(names[i], plain) && 2 * strlen(plain) >= strlen(names[i]))
			distance = 1;
		if (distance >= best)
			continue;
		best = distance;
		found = names[i];
	}
	return found;
}

static int
refuse(const char *item, const char *plain, char *why, size_t size)
{
	const char *meant = nearest(plain);
	char shown[2 * ITEM_SIZE];

	text_escape(shown, sizeof(shown), item, strlen(item));
	snprintf(why, size, "BATON_CAPABILITIES: '%s' is no capability: ", shown);
	if (meant != NULL)
		text_append(why, size, "did you mean %s?", meant);
	else
		text_append(why, size, "give 'none' alone, or names of capabilities(7) such as "
		    "NET_BIND_SERVICE,CHOWN");
	return -1;
}

/* One name without the blanks around it. */
static void
take_item(const char *text, size_t length, char item[ITEM_SIZE])
{
	while (length > 0 && *text == ' ') {
		text++;
		length--;
	}
	while (length > 0 && text[length - 1] == ' ')
		length--;
	snprintf(item, ITEM_SIZE, "%.*s", (int)length, text);
}

static void
make_plain(const char *item, char plain[ITEM_SIZE])
{
	char *letter;

	text_copy(plain, ITEM_SIZE, strncasecmp(item, "CAP_", 4) == 0 ? item + 4 : item);
	for (letter = plain; *letter != '\0'; letter++)
		if (*letter >= 'a' && *letter <= 'z')
			*letter = (char)(*letter - 'a' + 'A');
}

int
capability_parse(const char *text, uint64_t *set, char *why, size_t size)
{
	char item[ITEM_SIZE], plain[ITEM_SIZE];
	uint64_t found = 0;
	size_t length;
	int capability;

	take_item(text, strlen(text), item);
	if (strcasecmp(item, "none") == 0) {
		*set = 0;
		return 0;
	}
	for (;; text += length + 1) {
		length = strcspn(text, ",");
		take_item(text, length, item);
		make_plain(item, plain);
		if ((capability = find(plain)) == -1)
			return refuse(item, plain, why, size);
		found |= UINT64_C(1) << capability;
		if (text[length] == '\0')
			break;
	}
	*set = found;
	return 0;
}

void
capability_print(uint64_t set, char *to, size_t size)
{
	int i;

	text_copy(to, size, set == 0 ? "none" : "");
	for (i = 0; i < BITS; i++) {
		if ((set & UINT64_C(1) << i) == 0)
			continue;
		if (*to != '\0')
			text_append(to, size, ",");
		if (i < KNOWN)
			text_append(to, size, "%s", names[i]);
		else
			text_append(to, size, "%d", i);
	}
}
