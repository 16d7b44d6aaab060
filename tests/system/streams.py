"""A server and its clients of four kinds: event streams, WebSockets, requests in flight, quiet ones.

serve PORT: an HTTP server with a thread for each connection. /events sends an event every 200 ms
and never ends; /ws switches protocols, then sends a frame every 300 ms and echoes what it is sent;
/slow answers after 4 s; anything else answers at once. Connections stay open.

clients PORT COUNT: COUNT of each kind. Says "there" when all have begun; then one line for each that
ends: its kind, ms since "there", and whether it was complete. Ends when all have ended.
"""
import base64
import hashlib
import os
import select
import signal
import socket
import sys
import threading
import time

GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'


def read_head(s):
    head = b''
    while b'\r\n\r\n' not in head:
        got = s.recv(4096)
        if not got:
            return None
        head += got
    return head


def stream(s, piece, pause):
    """A piece now and then, until the other end has closed for writing: as Node sees it."""
    while True:
        s.sendall(piece)
        if select.select([s], [], [], pause)[0]:
            got = s.recv(4096)
            if not got:
                return
            s.sendall(got)


def answer(s, head):
    path = head.split()[1]
    if path == b'/events':
        s.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n')
        stream(s, b'data: hello\n\n', 0.2)
        return False
    if path == b'/ws':
        key = next(line.split(b': ')[1] for line in head.split(b'\r\n')
                   if line.lower().startswith(b'sec-websocket-key'))
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        s.sendall(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
                  b'Connection: Upgrade\r\nSec-WebSocket-Accept: ' + accept + b'\r\n\r\n')
        stream(s, b'\x81\x05hello', 0.3)
        return False
    if path == b'/slow':
        time.sleep(4)
    s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
    return True


def converse(s):
    with s:
        try:
            while (head := read_head(s)) and answer(s, head):
                pass
        except OSError:
            pass


def serve(port):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listening = socket.create_server(('127.0.0.1', port), backlog=128)
    while True:
        threading.Thread(target=converse, args=(listening.accept()[0],), daemon=True).start()


def clients(port, count):
    kinds = {'events': b'/events', 'ws': b'/ws', 'slow': b'/slow', 'quiet': b'/'}
    began = {}
    for kind, path in kinds.items():
        for _ in range(count):
            s = socket.create_connection(('127.0.0.1', port))
            s.sendall(b'GET ' + path + b' HTTP/1.1\r\nHost: x\r\n'
                      b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
            began[s] = [kind, b'']
            if kind != 'slow':
                s.recv(4096)
    print('there', flush=True)
    start = time.monotonic()
    while began and time.monotonic() - start < 30:
        for s in select.select(list(began), [], [], 1)[0]:
            try:
                got = s.recv(4096)
            except OSError as error:
                got = b''
                began[s][1] = str(error).encode()
            if got:
                began[s][1] += got
                continue
            kind, had = began.pop(s)
            whole = kind != 'slow' or had.endswith(b'hello')
            print(kind, round((time.monotonic() - start) * 1000), 'whole' if whole else 'cut', flush=True)
    print('over' if not began else f'{len(began)} still open', flush=True)


if sys.argv[1] == 'serve':
    serve(int(sys.argv[2]))
else:
    clients(int(sys.argv[2]), int(sys.argv[3]))
