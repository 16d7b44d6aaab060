"""Clients of the control socket that nobody would wish for.

    mob.py SOCKET hold COUNT KIND    connect COUNT times and stay until ended; says "there" when done
    mob.py SOCKET ask KIND COUNT     ask so often, one after the other, and read each answer

Kinds of hold: silent, press (silent, and whoever is turned away comes back, 200 a second), mixed
(half a message, no message, one too long, one with descriptors), deaf (asks for a reload and never
reads). What the messages are called is read from base/message.h.
"""
import array
import errno
import os
import re
import resource
import select
import socket
import struct
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEADLINE = time.monotonic() + 60


def numbers():
    """The values of enum message_type."""
    text = open(os.path.join(ROOT, "base/message.h")).read()
    body = re.sub(r"/\*.*?\*/", "", text.split("enum message_type {")[1].split("};")[0], flags=re.S)
    at, found = 0, {}
    for word in body.split(","):
        name, _, value = (part.strip() for part in word.partition("="))
        if name:
            at = int(value) if value else at
            found[name] = at
            at += 1
    return found


NUMBERS = numbers()
TEXT = int(re.search(r"MESSAGE_TEXT = (\d+)", open(os.path.join(ROOT, "base/message.h")).read()).group(1))


def message(kind, code=0):
    return struct.pack(f"=IIiiq{TEXT}s", NUMBERS["MESSAGE_" + kind], 0, 0, code, 0, b"")


def connect(path):
    """A connection, waited for while the queue is full; None when it cannot be had in 5 s."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.setblocking(False)
        try:
            s.connect(path)
            return s
        except OSError as e:
            s.close()
            if e.errno not in (errno.EAGAIN, errno.EINPROGRESS):
                return None
            time.sleep(0.002)
    return None


def with_descriptors(s, data, count):
    fd = os.open("/dev/null", os.O_RDONLY)
    s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd] * count))])
    os.close(fd)


MIXED = [
    lambda s: s.send(message("ASK_STATUS")[:60]),
    lambda s: s.send(os.urandom(len(message("ASK_STATUS")))),
    lambda s: s.send(b"x" * 100000),
    lambda s: s.send(b""),
    lambda s: with_descriptors(s, message("ASK_LIVE"), 1),
    lambda s: with_descriptors(s, message("ASK_LIVE"), 200),
    lambda s: with_descriptors(s, b"GET / HTTP/1.1\r\n\r\n", 3),
    lambda s: s.send(struct.pack("=I", 0xffffffff) + message("ASK_LIVE")[4:]),
    lambda s: s.send(message("KILL")),
]


def begin(s, kind, i):
    """What this client says, if anything."""
    try:
        if kind == "deaf":
            s.send(message("ASK_RELOAD"))
        elif kind == "mixed":
            MIXED[i % len(MIXED)](s)
    except OSError:
        pass                    # turned away before it could say anything


def hold(path, count, kind):
    there = []
    for i in range(count):
        s = connect(path)
        if s is None:
            break
        begin(s, kind, i)
        there.append(s)
    print("there", len(there), flush=True)
    while time.monotonic() < DEADLINE:
        if kind == "press":
            press(path, there)
        else:
            time.sleep(0.5)


def press(path, there):
    gone = select.poll()
    at = {s.fileno(): i for i, s in enumerate(there)}
    for fd in at:
        gone.register(fd, select.POLLHUP)
    for fd, _ in gone.poll(500):
        s = connect(path)
        if s is None:
            return
        there[at[fd]].close()
        there[at[fd]] = s
        time.sleep(0.005)


def ask(path, kind, count):
    for i in range(count):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.settimeout(5)
        s.connect(path)
        s.send(message(kind))
        data, ancillary, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(64))
        for _, _, fds in ancillary:
            for fd in array.array("i", fds):
                os.close(fd)
        s.close()
        if len(data) != len(message(kind)):
            sys.exit(f"answer {i} has {len(data)} bytes")


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    path, what = sys.argv[1], sys.argv[2]
    if what == "hold":
        hold(path, int(sys.argv[3]), sys.argv[4])
    else:
        ask(path, sys.argv[3], int(sys.argv[4]))


main()
