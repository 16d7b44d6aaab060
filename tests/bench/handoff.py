#!/usr/bin/env python3
"""How long a handoff takes beyond the server's own start, and how long the steering flip takes.

In turns: the bare server from its start until it listens, and until it has answered a request; and `baton reload`
around the same server until the new generation serves. What baton adds is the difference of the medians. The flip is
the time of the system calls that steer new connections to the new generation, as baton's own account tells it.
"""
from common import *

handoffs = number_of("HANDOFFS", 50)

servers = {
    "c epoll": ([BUILD + "/workers/epoll", "--port"], handoffs),
    "node": (["node", BENCH + "/server.js", "port"], max(5, handoffs // 3)),
}


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def until(seconds, what):
    """As wait_until, looking far more often. Returns the time it took in ms."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            raise RuntimeError("the server does not start")
        time.sleep(0.0001)
    return (time.monotonic() - began) * 1000


def bare_start(command):
    """ms until it listens, until it has answered."""
    port = free_port()
    began = time.monotonic()
    process = start(*command, str(port))
    until(10, lambda: connects(port))
    listens = (time.monotonic() - began) * 1000
    until(10, lambda: answers(port))
    answered = (time.monotonic() - began) * 1000
    end(process, signal.SIGKILL)
    return listens, answered


def timed_reload(baton):
    """ms of the whole command, and of its parts as baton's account has them."""
    began = time.monotonic()
    baton.reload()
    took = (time.monotonic() - began) * 1000
    record = baton.status()["services"][0]["handoffs"]["records"][0]
    return took, record["total_ms"], record["switch_us"]


def row(name, values, unit="ms"):
    say(f"  {name:44}{quantile(values, .1):9.2f}{median(values):9.2f}{quantile(values, .9):9.2f}{max(values):9.2f}  {unit}")


def measure(name, command, count):
    baton = Baton([*command, free_port()], BATON_QUIET="100ms")
    listens, answered, took, told, flips = [], [], [], [], []
    try:
        for _ in range(count):
            for values, value in zip((listens, answered), bare_start(command)):
                values.append(value)
            baton.ask("status")  # as warm as the other
            for values, value in zip((took, told, flips), timed_reload(baton)):
                values.append(value)
            time.sleep(0.15)  # the old one is gone
    finally:
        baton.end()
    say(f"{name + f', {count} each':<46}{'p10':>9}{'median':>9}{'p90':>9}{'worst':>9}")
    row("the bare server's start until it listens", listens)
    row("... until it has answered", answered)
    row("baton reload, the command", took)
    row("... as baton's account tells it", told)
    row("the flip", flips, "us")
    for what, of in ("until it listens", listens), ("until it has answered", answered):
        say(f"  baton adds to the start {what}: {median(took) - median(of):.2f} ms in the median, "
            f"{quantile(took, .1) - quantile(of, .1):.2f} ms at p10")


def main():
    say(f"handoff; {load_average()}")
    for name, (command, count) in servers.items():
        if not shutil.which(command[0]):
            say(f"SKIP {name}: {command[0]} is not there")
            continue
        try:
            measure(name, command, count)
        except (RuntimeError, OSError, ValueError, KeyError) as why:
            say(f"SKIP {name}: {why}")


main()
