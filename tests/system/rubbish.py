"""Put rubbish into a keeper's channel to PID 1, as a keeper would that has gone mad.

    rubbish.py KEEPER INIT KIND

The pids as they are seen from here. The channel is the keeper's UNIX SOCK_SEQPACKET socket that PID 1
made, taken by pidfd_getfd(2). Kinds: short, long, type, serial, descriptors, empty, flood (as much as
the channel takes of a message that is allowed to nobody). Exit 3: the runtime refuses pidfd_getfd.
"""
import array
import ctypes
import os
import socket
import struct
import sys

SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438
libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    got = libc.syscall(number, *(ctypes.c_long(a) for a in arguments))
    if got == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return got


def maker(s):
    """The pid of whoever made the pair."""
    return struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def channel(keeper, init):
    pidfd = call(SYS_PIDFD_OPEN, keeper, 0)
    for fd in sorted(map(int, os.listdir(f"/proc/{keeper}/fd"))):
        if not os.readlink(f"/proc/{keeper}/fd/{fd}").startswith("socket:"):
            continue
        s = socket.socket(fileno=call(SYS_PIDFD_GETFD, pidfd, fd, 0))
        if s.family == socket.AF_UNIX and s.type == socket.SOCK_SEQPACKET and maker(s) == init:
            return s
        s.close()
    sys.exit("no channel found")


def message(kind, serial):
    return struct.pack("=IIiiq104s", kind, serial, 0, 0, 0, b"")


def three_descriptors(s):
    s.sendmsg([message(1, 1)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])


def flood(s):
    s.setblocking(False)
    try:
        for _ in range(100000):
            s.send(message(0, 1))
    except OSError:
        pass                    # full, or already closed


KINDS = {
    "short": lambda s: s.send(b"?"),
    "long": lambda s: s.send(os.urandom(50000)),
    "type": lambda s: s.send(message(0xfffffff0, 1)),
    "serial": lambda s: s.send(message(4, 0xfffffff0)),
    "descriptors": three_descriptors,
    "empty": lambda s: s.send(b""),
    "flood": flood,
}

try:
    s = channel(int(sys.argv[1]), int(sys.argv[2]))
except PermissionError as e:
    print(e)
    sys.exit(3)
KINDS[sys.argv[3]](s)
