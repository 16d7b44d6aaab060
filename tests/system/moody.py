"""A server that says which generation answers, and behaves as the file named by MOOD said when it started:

well            answers
crash SECONDS   ends by SIGSEGV so long after its start
bad SECONDS     answers 500 on /health from then on
deaf SECONDS    accepts nothing any more from then on
shut SECONDS    shuts its listening socket down

/slow takes SLOW seconds, and a start START seconds. usage: moody.py PORT [HOST]
"""
import os
import signal
import socket
import sys
import threading
import time

generation = os.environ.get("BATON_GENERATION", "0")
mood, _, after = open(os.environ["MOOD"]).read().strip().partition(" ")
turning = time.monotonic() + float(after or 0)
slow = float(os.environ.get("SLOW", "1"))


def turned():
    return mood != "well" and time.monotonic() >= turning


def answer(client):
    with client:
        try:
            path = client.recv(4096).split(b" ")[1]
        except (IndexError, OSError):
            return
        if path == b"/slow":
            time.sleep(slow)
        code = "500 No" if path == b"/health" and mood == "bad" and turned() else "200 OK"
        body = "generation %s\n" % generation
        try:
            client.sendall(("HTTP/1.1 %s\r\nX-Generation: %s\r\nContent-Length: %d\r\n"
                            "Connection: close\r\n\r\n%s" % (code, generation, len(body), body)).encode())
        except OSError:
            pass


def leave(*_):
    os._exit(0)


signal.signal(signal.SIGTERM, leave)
time.sleep(float(os.environ.get("START", "0")))
host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
if os.environ.get("LISTEN_FDS"):
    door = socket.socket(fileno=3)
else:
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((host, int(sys.argv[1])))
    door.listen(512)
door.settimeout(0.05)
if mood == "crash":
    threading.Timer(float(after), os.kill, (os.getpid(), signal.SIGSEGV)).start()
while True:
    if mood == "deaf" and turned():
        time.sleep(0.05)
        continue
    if mood == "shut" and turned():
        door.shutdown(socket.SHUT_RDWR)
        mood = "well"
        time.sleep(3600)
    try:
        client, _ = door.accept()
    except (TimeoutError, OSError):
        continue
    client.settimeout(5)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if b"/slow" in client.recv(64, socket.MSG_PEEK):
        threading.Thread(target=answer, args=(client,), daemon=True).start()
    else:
        answer(client)
