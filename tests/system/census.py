#!/usr/bin/env python3
"""How many processes of a command there are, looked at again and again until a signal comes.

usage: census.py WORD: those that have WORD as an argument, and are not baton or what starts it.
Says that it looks, and last the most, the fewest and how often it looked."""
import os
import signal
import sys
import time


def has(pid, word):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            words = f.read().split(b"\0")
    except OSError:
        return False
    return word in words and b"--" not in words and not words[0].endswith((b"python3", b"baton"))


def main():
    word = os.fsencode(sys.argv[1])
    counts = []

    def look():
        counts.append(sum(has(pid, word) for pid in os.listdir("/proc") if pid.isdigit()))

    def end(*_):
        print(max(counts), min(counts), len(counts))
        sys.exit(0)

    look()
    for signo in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signo, end)
    print("looking", flush=True)
    while True:
        look()
        time.sleep(0.005)


main()
