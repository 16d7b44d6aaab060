#!/usr/bin/env python3
"""Bytes of a body that look like requests, and clients that overlap theirs: does anybody take them for one?

    smuggle.py serve PORT LOG     a server that reads HTTP/1.1 well; what it is asked that nobody asked is in LOG
    smuggle.py attack PORT SECONDS SEED

Every body is made of requests for /smuggled. Each true request has a number, which its answer repeats: an
answer that is not of the oldest request without one is a connection whose ends disagree. A connection that
is closed is no failure here. Prints one line: requests, connections, wrong.
"""
import asyncio
import os
import random
import sys

EVIL = b'GET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n'
EARLY_HINTS = b'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n'


# --- the server ---

async def answer(writer, path, early=False):
    text = b'%s of %d\n' % (path, os.getpid())
    status = b'413 Too Large' if early else b'200 OK'
    head = b'HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n' % (status, len(text))
    if b'/parts' in path:
        writer.write(head)
        await writer.drain()
        await asyncio.sleep(0.001)
        writer.write(text)
    else:
        writer.write(head + text)
    await writer.drain()


async def serve_one(reader, writer, log):
    head = await reader.readuntil(b'\r\n\r\n')
    path = head.split(b' ')[1]
    fields = head.lower().split(b'\r\n')
    length = sum(int(f.split(b':')[1]) for f in fields if f.startswith(b'content-length'))
    if b'smuggled' in path or not head.startswith((b'GET /', b'POST /')):
        with open(log, 'ab') as f:
            f.write(b'%d was asked %r\n' % (os.getpid(), head))
    if any(f.startswith(b'expect') for f in fields):
        writer.write(b'HTTP/1.1 100 Continue\r\n\r\n')
    if b'/hints' in path:
        writer.write(EARLY_HINTS)
    if b'/early' in path:
        await answer(writer, path, early=True)
    while length > 0:
        length -= len(await reader.readexactly(min(length, len(EVIL))))
    if b'/slow' in path:
        await asyncio.sleep(0.002)
    if b'/early' not in path:
        await answer(writer, path)


async def serve(port, log):
    async def client(reader, writer):
        try:
            while True:
                await serve_one(reader, writer, log)
        except (asyncio.IncompleteReadError, OSError):
            pass
        writer.close()

    server = await asyncio.start_server(client, '127.0.0.1', port)
    await server.serve_forever()


# --- who attacks ---

class Closed(Exception):
    pass


class Wrong(Exception):
    pass


class Attack:
    def __init__(self, port, dice):
        self.port, self.dice = port, dice
        self.number = self.requests = self.connections = self.wrong = 0

    def head(self, method, path, fields=b''):
        self.number += 1
        name = b'/%d%s' % (self.number, path)
        return name, b'%s %s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n%s\r\n' % (method, name, fields)

    async def read(self, reader, name):
        """The answer to `name`; interim ones are passed over."""
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            if not head.startswith(b'HTTP/1.1 '):
                raise Wrong(head)
            if not head.startswith(b'HTTP/1.1 1'):
                break
        length = int(head.lower().split(b'content-length:')[1].split(b'\r\n')[0])
        text = await reader.readexactly(length)
        if not text.startswith(name + b' of '):
            raise Wrong((name, text))
        self.requests += 1

    async def plain(self, reader, writer):
        name, head = self.head(b'GET', self.dice.choice([b'', b'/parts']))
        writer.write(head)
        await self.read(reader, name)

    async def body(self, reader, writer):
        """A body in pieces, each a request by its looks, at a pace at which each may be seen alone."""
        count = self.dice.randint(1, 12)
        kind, fields = self.dice.choice([(b'', b''), (b'', b'Expect: 100-continue\r\n'), (b'/early', b''),
                                         (b'/hints', b''), (b'/slow', b'')])
        name, head = self.head(b'POST', kind, b'Content-Length: %d\r\n%s' % (count * len(EVIL), fields))
        writer.write(head)
        for _ in range(count):
            await asyncio.sleep(self.dice.choice([0, 0.001, 0.003, 0.01]))
            writer.write(EVIL)
        await self.read(reader, name)

    async def pipeline(self, reader, writer):
        names = []
        for _ in range(self.dice.randint(2, 4)):
            name, head = self.head(b'GET', self.dice.choice([b'', b'/parts', b'/slow']))
            names.append(name)
            writer.write(head)
            await asyncio.sleep(self.dice.choice([0, 0, 0.001, 0.002]))
        for name in names:
            await self.read(reader, name)

    async def one(self, reader, writer):
        """Honest for a while, so that it is trusted; then not."""
        for _ in range(self.dice.choice([0, 2, 6, 30, 100])):
            await self.plain(reader, writer)
        for _ in range(self.dice.randint(1, 8)):
            await self.dice.choice([self.body, self.body, self.pipeline])(reader, writer)

    async def client(self, until):
        while asyncio.get_running_loop().time() < until:
            try:
                reader, writer = await asyncio.open_connection('127.0.0.1', self.port)
                self.connections += 1
            except OSError:
                await asyncio.sleep(0.05)
                continue
            try:
                while asyncio.get_running_loop().time() < until:
                    await asyncio.wait_for(self.one(reader, writer), 20)
            except Wrong as wrong:
                self.wrong += 1
                print('wrong:', wrong, file=sys.stderr)
            except (asyncio.IncompleteReadError, asyncio.TimeoutError, OSError):
                pass
            writer.close()


async def attack(port, seconds, seed):
    a = Attack(port, random.Random(seed))
    until = asyncio.get_running_loop().time() + seconds
    await asyncio.gather(*[a.client(until) for _ in range(24)])
    print(f'requests {a.requests} connections {a.connections} wrong {a.wrong}')


if sys.argv[1] == 'serve':
    asyncio.run(serve(int(sys.argv[2]), sys.argv[3]))
else:
    asyncio.run(attack(int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
