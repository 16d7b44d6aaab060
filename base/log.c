/* log.c - one line an event, never blocking. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

enum { LINE_BYTES = 1024 };

/*
 * How to write without waiting: our own non-blocking description, send(2), or poll(2) first. Found
 * out with the first line: a command that ends well gives no reason for one.
 */
enum way { UNKNOWN, ASK_FIRST, OWN, SOCKET };

static struct {
	int fd;
	enum way way;
	enum log_level most;
	bool json;
	const char *about;
	unsigned dropped;
} out = { .fd = STDERR_FILENO, .way = UNKNOWN, .most = LOG_INFO };

void
log_open(enum log_level most, bool json)
{
	out.most = most;
	out.json = json;
}

void
log_about(const char *service)
{
	out.about = service;
}

void
log_forget(void)
{
	out.fd = STDERR_FILENO;
	out.way = UNKNOWN;
	out.dropped = 0;
}

static void
find_way(void)
{
	struct stat st;
	int own;

	out.way = ASK_FIRST;
	if (fstat(STDERR_FILENO, &st) == -1)
		return;
	if (S_ISSOCK(st.st_mode)) {
		out.way = SOCKET;
		return;
	}
	/* a file does not make us wait, and a description of our own would write over others' lines */
	if (S_ISREG(st.st_mode))
		return;
	own = open("/proc/self/fd/2",
	    O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own != -1) {
		out.fd = own;
		out.way = OWN;
	}
}

int
log_descriptor(void)
{
	if (out.way == UNKNOWN)
		find_way();
	return out.fd;
}

ssize_t
log_bytes(const char *bytes, size_t size)
{
	struct pollfd p = { .fd = log_descriptor(), .events = POLLOUT };

	switch (out.way) {
	case SOCKET:
		return send(out.fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	case ASK_FIRST:
		if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT)) {
			errno = EAGAIN;
			return -1;
		}
		break;
	case UNKNOWN:
	case OWN:
		break;
	}
	return write(out.fd, bytes, size);
}

static const char *const names[] = {
	[LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static void
render(char *line, size_t size, enum log_level level, const char *said)
{
	char when[32], escaped[LINE_BYTES];
	msec wall = clock_wall();
	time_t seconds = (time_t)(wall / 1000);
	struct tm tm;

	if (!out.json) {
		snprintf(line, size, "baton: %s%s%s\n", out.about != NULL ? out.about : "",
		    out.about != NULL ? ": " : "", said);
		return;
	}
	gmtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	text_escape(escaped, sizeof(escaped), said, strlen(said));
	snprintf(line, size, "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",%s%s%s\"message\":\"%s\"}\n", when,
	    (int)(wall % 1000), names[level], out.about != NULL ? "\"service\":\"" : "",
	    out.about != NULL ? out.about : "", out.about != NULL ? "\"," : "", escaped);
}

static bool
emit(enum log_level level, const char *said)
{
	char line[LINE_BYTES + 128];

	render(line, sizeof(line), level, said);
	return log_bytes(line, strlen(line)) != -1;
}

static void
say(enum log_level level, const char *format, va_list ap)
{
	char said[LINE_BYTES], note[64];
	int kept = errno;

	if (level > out.most)
		return;
	vsnprintf(said, sizeof(said), format, ap);
	if (out.dropped > 0) {
		snprintf(note, sizeof(note), "%u lines were dropped: stderr did not take them",
		    out.dropped);
		if (emit(LOG_WARNING, note))
			out.dropped = 0;
	}
	if (!emit(level, said))
		out.dropped++;
	errno = kept;
}

void
log_line(enum log_level level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(level, format, ap);
	va_end(ap);
}

_Noreturn void
log_die(int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(LOG_ERROR, format, ap);
	va_end(ap);
	_exit(status);
}
