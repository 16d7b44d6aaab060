"""A server that keeps a megabyte a request and never gives it back.

    leak.py PORT
"""
import http.server
import os
import signal
import sys
import threading

kept = []


class Leak(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1               # head and body in one packet

    def do_GET(self):
        kept.append(b"x" * (1 << 20))
        body = f"generation={os.environ['BATON_GENERATION']} kept={len(kept)}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False      # what was begun is answered


server = Server(("127.0.0.1", int(sys.argv[1])), Leak)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever(poll_interval=0.05)
server.server_close()
