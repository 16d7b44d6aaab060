"""A server on a UNIX socket, as people write them: PATH is removed before it is bound, and at the end.
An answer to /slow takes a second; /who says which generation it is."""
import os
import signal
import socket
import stat
import sys
import threading
import time

path = sys.argv[1]
generation = os.environ.get("BATON_GENERATION", "?")


def answer(connection):
    request = connection.recv(4096)
    if b"/slow" in request:
        time.sleep(1)
    body = ("generation %s" % generation).encode()
    try:
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    except OSError:
        pass
    connection.close()


def stop(*_):
    if os.path.exists(path):
        os.unlink(path)
    server.close()
    deadline = time.time() + 5
    while threading.active_count() > 1 and time.time() < deadline:
        time.sleep(0.01)
    os._exit(0)


if os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode):
    os.unlink(path)
server = socket.socket(socket.AF_UNIX)
if len(sys.argv) > 2:
    os.umask(int(sys.argv[2], 8))
server.bind(path)
if len(sys.argv) > 3:
    os.chmod(path, int(sys.argv[3], 8))
server.listen(128)
signal.signal(signal.SIGTERM, stop)
while True:
    one, _ = server.accept()
    threading.Thread(target=answer, args=(one,), daemon=True).start()
