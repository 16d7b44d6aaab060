"""What a service manager above baton hears by sd_notify: one JSON line a datagram.

    notified.py PATH|@NAME

{"at": microseconds of CLOCK_MONOTONIC, "pid": the sender's, "READY": "1", ...}
"""
import json
import socket
import struct
import sys
import time

name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind("\0" + name[1:] if name[0] == "@" else name)
print(json.dumps({"listening": name}), flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(65536, socket.CMSG_SPACE(64))
    heard = {"at": time.monotonic_ns() // 1000}
    for _, kind, what in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            heard["pid"] = struct.unpack("3i", what)[0]
    for line in data.decode(errors="replace").splitlines():
        key, _, value = line.partition("=")
        heard[key] = value
    print(json.dumps(heard), flush=True)
