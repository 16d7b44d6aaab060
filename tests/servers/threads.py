"""http.server with a thread a connection, kept alive (HTTP/1.1). Its argument is a port."""
import http.server
import os
import sys
import time

GENERATION = f"generation={os.environ.get('BATON_GENERATION')}\n".encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(0.3)
        lines = 5 if self.path == "/stream" else 1
        self.send_response(200)
        self.send_header("Content-Length", str(lines * len(GENERATION)))
        self.end_headers()
        self.wfile.write(GENERATION)
        for _ in range(lines - 1):
            time.sleep(0.2)
            self.wfile.write(GENERATION)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
