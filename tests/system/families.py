"""A server on several addresses, for probes: families.py LOG ADDRESS...

Each address is HOST:PORT; with "mute" before it, it is bound and nobody accepts there; with "file=PATH" it
is bound only while PATH exists. Answers each connection, if it asks, with its generation. LOG has a line for
each connection: generation, its host, from where, its port.
"""
import os
import socket
import sys
import threading

generation = os.environ.get('BATON_GENERATION', '?')


def take(listening, log):
    while True:
        s, peer = listening.accept()
        with open(log, 'a') as f:
            f.write(f'{generation} {listening.getsockname()[0]} {peer[0]} {listening.getsockname()[1]}\n')
        threading.Thread(target=answer, args=(s,), daemon=True).start()


def answer(s):
    with s:
        try:
            if s.recv(4096):
                body = f'generation={generation}\n'.encode()
                s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
        except OSError:
            pass


def bind(text):
    host, port = text.rsplit(':', 1)
    family = socket.AF_INET6 if host.startswith('[') else socket.AF_INET
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind((host.strip('[]'), int(port)))
    s.listen(64)
    return s


kept, open_ones = [], []
for word in sys.argv[2:]:
    if word.startswith('file='):
        path, word = word[5:].split(',', 1)
        if not os.path.exists(path):
            continue
    mute = word.startswith('mute,')
    listening = bind(word.split(',')[-1])
    kept.append(listening)
    if not mute:
        open_ones.append(listening)
for listening in open_ones:     # as servers do: first they bind, then they accept
    threading.Thread(target=take, args=(listening, sys.argv[1]), daemon=True).start()
threading.Event().wait()
