"""Ask a server from many source addresses, and say who answered each: "127.1.0.7 2 2".

usage: sources.py PORT COUNT TIMES: so many addresses of 127.0.0.0/8, so many connections of each
"""
import socket
import sys

port, count, times = (int(word) for word in sys.argv[1:])


def ask(source):
    with socket.create_connection(("127.0.0.1", port), 5, (source, 0)) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := s.recv(4096):
            answer += chunk
    return answer.split()[-1].decode()


for i in range(count):
    address = "127.1.%d.%d" % (i // 200, i % 200 + 1)
    print(address, *[ask(address) for _ in range(times)])
