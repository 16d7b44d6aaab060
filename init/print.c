/* print.c - what the one-shot commands write to people and programs. */
#include <sys/ioctl.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "init/command.h"
#include "init/print.h"

bool
print_colours(FILE *to)
{
	const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (refused != NULL && *refused != '\0')
		return false;
	return isatty(fileno(to)) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

int
print_width(FILE *to)
{
	struct winsize size;

	if (ioctl(fileno(to), TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return 80;
	return size.ws_col < 40 ? 40 : size.ws_col > 100 ? 100 : size.ws_col;
}

void
print_wrapped(FILE *to, const char *words, int at, int indent, int width)
{
	bool first = true;
	int length;

	while (*(words += strspn(words, " ")) != '\0') {
		length = (int)strcspn(words, " ");
		if (!first && at + 1 + length > width) {
			fprintf(to, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', to);
			at++;
		}
		fwrite(words, 1, (size_t)length, to);
		at += length;
		words += length;
		first = false;
	}
	fputc('\n', to);
}

static void
print_escaped(FILE *to, const char *text)
{
	size_t length = strlen(text), size = 6 * length + 1;
	char *escaped = malloc(size);

	if (escaped != NULL) {
		text_escape(escaped, size, text, length);
		fputs(escaped, to);
		free(escaped);
	} else
		log_die(EXIT_FAILED, "no memory");
}

void
print_json(FILE *to, const char *text)
{
	if (text == NULL) {
		fputs("null", to);
		return;
	}
	fputc('"', to);
	print_escaped(to, text);
	fputc('"', to);
}

void
print_safe(FILE *to, const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			break;
	if (text[i] == '\0')
		fputs(text, to);
	else
		print_escaped(to, text);
}

void
print_bytes(char *to, size_t size, int64_t bytes)
{
	static const char units[] = "kMGT";
	double value = (double)bytes / 1024;
	int unit = 0;

	if (bytes < 1024) {
		snprintf(to, size, "%d", (int)bytes);
		return;
	}
	for (; value >= 999.5 && unit < 3; unit++)
		value /= 1024;
	snprintf(to, size, value < 99.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

void
print_span(char *to, size_t size, msec span)
{
	long long seconds = (long long)(span / 1000);

	if (span < 1000)
		snprintf(to, size, "%lldms", (long long)(span > 0 ? span : 0));
	else if (seconds < 10)
		snprintf(to, size, "%lld.%llds", seconds, (long long)(span / 100 % 10));
	else if (seconds < 60)
		snprintf(to, size, "%llds", seconds);
	else if (seconds < 3600)
		snprintf(to, size, "%lldm %llds", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(to, size, "%lldh %lldm", seconds / 3600, seconds / 60 % 60);
	else
		snprintf(to, size, "%lldd %lldh", seconds / 86400, seconds / 3600 % 24);
}

void
print_share(char *to, size_t size, int share)
{
	if (share % 10 == 0)
		snprintf(to, size, "%d %%", share / 10);
	else
		snprintf(to, size, "%d.%d %%", share / 10, share % 10);
}

int
print_usage_error(const char *command, const char *argument)
{
	log_line(LOG_ERROR, "%s: unknown argument '%s'; 'baton help' shows how it is used", command,
	    argument);
	return EXIT_USAGE;
}
