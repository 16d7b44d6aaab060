/*
 * worker.c - a small HTTP server that knows nothing of baton: it serves the page of one directory.
 *
 *     PORT=8080 demo-worker DIR
 *
 * DIR/index.html is read once, at start. "/" is that page; "/slow" is the page after 300 ms. SIGTERM just
 * ends it, as it does most servers.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_MAX = 1 << 20, DEFAULT_PORT = 8080, SLOW_MS = 300 };

static char page[PAGE_MAX];
static size_t page_size;
static const char *generation;

static int
read_page(const char *directory)
{
	char path[4096];
	FILE *in;

	snprintf(path, sizeof(path), "%s/index.html", directory);
	if ((in = fopen(path, "re")) == NULL) {
		perror(path);
		return -1;
	}
	page_size = fread(page, 1, sizeof(page), in);
	fclose(in);
	return 0;
}

static enum MHD_Result
send_text(struct MHD_Connection *to, unsigned status, const char *text, size_t size)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	response =
	    MHD_create_response_from_buffer(size, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", "text/html; charset=utf-8");
	MHD_add_response_header(response, "X-Generation", generation);
	result = MHD_queue_response(to, status, response);
	MHD_destroy_response(response);
	return result;
}

/* A thread a connection: to sleep here keeps nobody else waiting. */
static enum MHD_Result
answer(void *unused, struct MHD_Connection *to, const char *url, const char *method,
    const char *version, const char *body, size_t *body_size, void **request)
{
	struct timespec slow = { SLOW_MS / 1000, SLOW_MS % 1000 * 1000000 };
	static const char missing[] = "<h1>Not found</h1>\n";
	static char begun;

	(void)unused, (void)version, (void)body;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return MHD_NO;
	if (*request == NULL) {
		/* an answer to the head alone would end the connection: wait to be asked again */
		*request = &begun;
		return MHD_YES;
	}
	*body_size = 0;
	if (strcmp(url, "/slow") == 0)
		nanosleep(&slow, NULL);
	else if (strcmp(url, "/") != 0)
		return send_text(to, MHD_HTTP_NOT_FOUND, missing, sizeof(missing) - 1);
	return send_text(to, MHD_HTTP_OK, page, page_size);
}

int
main(int argc, char **argv)
{
	const char *port = getenv("PORT");
	int number = port ? atoi(port) : DEFAULT_PORT;
	struct MHD_Daemon *server;

	if (argc != 2 || number < 1 || number > 65535) {
		fprintf(stderr, "usage: PORT=8080 demo-worker DIR\n");
		return 64;
	}
	generation = getenv("BATON_GENERATION") ? getenv("BATON_GENERATION") : "0";
	if (read_page(argv[1]) == -1)
		return 1;
	server = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD,
	    (uint16_t)number, NULL, NULL, answer, NULL, MHD_OPTION_END);
	if (server == NULL) {
		fprintf(stderr, "demo-worker: cannot listen on port %d\n", number);
		return 1;
	}
	for (;;)
		pause();
}
