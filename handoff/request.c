/* request.c - are these bytes exactly one whole HTTP/1.1 request? No system calls. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "handoff/request.h"

enum { BODY_DIGITS = 6 };

/* What was seen of one request so far. */
struct reading {
	const char *at, *end;
	bool has_body;			/* its method may have one */
	bool has_length;
	int hosts;
	size_t body;
};

static const struct {
	const char *name;
	bool body;
} methods[] = {
	{ "GET ", false }, { "HEAD ", false }, { "DELETE ", false }, { "OPTIONS ", false },
	{ "POST ", true }, { "PUT ", true }, { "PATCH ", true },
};

enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

static bool
is_token(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* --- the request line ------------------------------------------------------------------------- */

static enum request_seen
read_method(struct reading *r)
{
	size_t have = (size_t)(r->end - r->at), i, length;

	for (i = 0; i < METHODS; i++) {
		length = strlen(methods[i].name);
		if (have < length && memcmp(r->at, methods[i].name, have) == 0)
			return REQUEST_PART;
		if (have < length || memcmp(r->at, methods[i].name, length) != 0)
			continue;
		r->at += length;
		r->has_body = methods[i].body;
		return REQUEST_WHOLE;
	}
	return REQUEST_DOUBTFUL;
}

static enum request_seen
read_target(struct reading *r)
{
	if (r->at < r->end && *r->at != '/')
		return REQUEST_DOUBTFUL;
	while (r->at < r->end && *r->at > ' ' && *r->at < 127)
		r->at++;
	if (r->at == r->end)
		return REQUEST_PART;
	return *r->at == ' ' ? REQUEST_WHOLE : REQUEST_DOUBTFUL;
}

static enum request_seen
read_version(struct reading *r)
{
	static const char version[] = " HTTP/1.1\r\n";
	size_t have = (size_t)(r->end - r->at), length = sizeof(version) - 1;

	if (memcmp(r->at, version, have < length ? have : length) != 0)
		return REQUEST_DOUBTFUL;
	if (have < length)
		return REQUEST_PART;
	r->at += length;
	return REQUEST_WHOLE;
}

/* --- the fields ------------------------------------------------------------------------------- */

static bool
is(const char *word, const char *at, size_t length)
{
	return strlen(word) == length && strncasecmp(word, at, length) == 0;
}

/* How long the body is, once; in a form that nobody reads otherwise. */
static bool
read_length(struct reading *r, const char *at, size_t length)
{
	if (r->has_length || length == 0 || length > BODY_DIGITS || (*at == '0' && length > 1))
		return false;
	for (r->body = 0; length > 0; at++, length--) {
		if (*at < '0' || *at > '9')
			return false;
		r->body = r->body * 10 + (size_t)(*at - '0');
	}
	r->has_length = true;
	return r->body == 0 || r->has_body;
}

static bool
read_field(struct reading *r, const char *name, size_t name_length, const char *value,
    size_t length)
{
	static const char *const doubtful[] = { "Expect", "Upgrade", "Transfer-Encoding", "TE",
		"Trailer", "HTTP2-Settings", "Proxy-Connection", "Keep-Alive" };
	size_t i;

	for (i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++)
		if (is(doubtful[i], name, name_length))
			return false;
	/* what a server that is lenient about names could take for one of those */
	if (memchr(name, '_', name_length) != NULL)
		return false;
	if (is("Host", name, name_length))
		return ++r->hosts == 1;
	if (is("Connection", name, name_length))
		return is("keep-alive", value, length);
	if (is("Content-Length", name, name_length))
		return read_length(r, value, length);
	return true;
}

/* One line of the form `Name: value`, which ends at `end`. */
static bool
read_line(struct reading *r, const char *at, const char *end)
{
	const char *name = at, *c;

	while (at < end && is_token(*at))
		at++;
	if (at == name || at == end || *at != ':')
		return false;
	for (c = at + 1; c < end; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return false;
	for (c = at + 1; c < end && (*c == ' ' || *c == '\t'); c++)
		;
	while (end > c && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return read_field(r, name, (size_t)(at - name), c, (size_t)(end - c));
}

static enum request_seen
read_fields(struct reading *r)
{
	const char *line;

	while (r->at < r->end) {
		if ((line = memchr(r->at, '\n', (size_t)(r->end - r->at))) == NULL)
			return REQUEST_PART;
		if (line == r->at || line[-1] != '\r')
			return REQUEST_DOUBTFUL;
		if (line - r->at == 1) {
			r->at = line + 1;
			return r->hosts == 1 ? REQUEST_WHOLE : REQUEST_DOUBTFUL;
		}
		if (!read_line(r, r->at, line - 1))
			return REQUEST_DOUBTFUL;
		r->at = line + 1;
	}
	return REQUEST_PART;
}

static enum request_seen
read_body(struct reading *r)
{
	size_t have = (size_t)(r->end - r->at);

	if (have == r->body)
		return REQUEST_WHOLE;
	return have < r->body ? REQUEST_PART : REQUEST_DOUBTFUL;
}

enum request_seen
request_look(const char *bytes, size_t length)
{
	static enum request_seen (*const parts[])(struct reading *) = {
		read_method, read_target, read_version, read_fields, read_body };
	struct reading r = { .at = bytes, .end = bytes + length };
	enum request_seen seen = REQUEST_PART;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if ((seen = parts[i](&r)) != REQUEST_WHOLE)
			return seen;
	return seen;
}
