#!/usr/bin/env python3
"""What a handoff costs as workers, listeners and open connections become more: time, processor time, memory.

Around the C server, one thing varied at a time. Processor time is that of baton's own processes (PID 1 and its
keepers, helpers that live shorter than a look included as far as they are seen) from before the reload until the old
generation is gone. Memory is what of theirs cannot be dropped (RssAnon), at rest and at its most in the handoff.
"""
import resource
import select
import threading

from common import *

handoffs = number_of("HANDOFFS", 3)
EPOLL = BUILD + "/workers/epoll"
curves = {
    "workers": [1, 2, 4, 8, 16, 32, 64],
    "listeners": [1, 2, 4, 8, 16, 32, 64],
    "connections": [0, 1000, 5000, 20000],
}
if os.environ.get("CURVES"):  # as "workers=1,2 connections=0,1000"
    curves = {name: [int(n) for n in values.split(",")]
              for name, values in (word.split("=") for word in os.environ["CURVES"].split())}
AT_MOST = 10000  # connections of one client process


def is_baton(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe") == os.path.realpath(BUILD + "/baton")
    except OSError:
        return False


def anonymous_kib(pid):
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


class Sampler(threading.Thread):
    """Looks at baton's processes again and again: PID 1 and its children that are baton itself."""

    def __init__(self, first):
        super().__init__(daemon=True)
        self.first, self.over = first, threading.Event()
        self.begun, self.last, self.most_kib, self.ours = {}, {}, 0, {}
        self.look(starting=True)
        self.rest_kib = self.most_kib

    def look(self, starting=False):
        kib = 0
        for pid in [self.first] + children(self.first):
            if pid not in self.ours:
                self.ours[pid] = is_baton(pid)
            if not self.ours[pid]:
                continue
            try:
                self.last[pid] = int(open(f"/proc/{pid}/schedstat").read().split()[0])
            except OSError:
                continue
            if starting:
                self.begun[pid] = self.last[pid]
            kib += anonymous_kib(pid)
        self.most_kib = max(self.most_kib, kib)

    def run(self):
        while not self.over.wait(0.01):
            self.look()

    def end(self):
        """CPU time in ms: of PID 1, of the others."""
        self.over.set()
        self.join()
        self.look()
        spent = {pid: (ns - self.begun.get(pid, 0)) / 1e6 for pid, ns in self.last.items()}
        one = spent.pop(self.first)
        return one, sum(spent.values())


# --- the clients: processes, for one may not have enough descriptors --------------------------------

def open_connections(port, count, network):
    """Kept-alive connections that have had an answer, from addresses with enough ports."""
    opened = []
    for i in range(count):
        s = socket.socket()
        s.bind((f"127.0.{network}.{1 + i // 5000}", 0))
        s.connect(("127.0.0.1", port))
        s.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
        opened.append(s)
        s.settimeout(20)
        if i % 100 == 99 or i == count - 1:
            for one in opened[i - i % 100:]:
                one.recv(1024)
    return opened


def closed(opened):
    """How many of them the server has closed in order, how many it has reset."""
    poll = select.poll()
    by_fd = {s.fileno(): s for s in opened}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    ended = reset = 0
    for fd, _ in poll.poll(0):
        try:
            ended += by_fd[fd].recv(1024) == b""
        except OSError:
            reset += 1
    return ended, reset


def client(port, count, network):
    """One process of connections: says when they are open; told to, how they ended."""
    opened = open_connections(port, count, network)
    print("open", flush=True)
    sys.stdin.readline()
    print(*closed(opened), flush=True)


class Clients:
    def __init__(self, port, count):
        shares = [min(AT_MOST, count - begun) for begun in range(0, count, AT_MOST)]
        self.processes = [subprocess.Popen(
            [sys.executable, __file__, "--client", str(port), str(share), str(10 + i)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for i, share in enumerate(shares)]
        started.extend(self.processes)
        for process in self.processes:
            if process.stdout.readline() != "open\n":
                raise RuntimeError("the connections cannot be opened")

    def end(self):
        ended = reset = 0
        for process in self.processes:
            told, _ = process.communicate("\n")
            started.remove(process)
            ended, reset = ended + int(told.split()[0]), reset + int(told.split()[1])
        return ended, reset


# --- a handoff, measured ----------------------------------------------------------------------------

def one_handoff(baton, port, connections):
    clients = Clients(port, connections)
    sampler = Sampler(baton.pid())
    sampler.start()
    began = time.monotonic()
    baton.reload("--drained")
    drained_ms = (time.monotonic() - began) * 1000
    one, others = sampler.end()
    record = baton.status()["services"][0]["handoffs"]["records"][0]
    ended, reset = clients.end()
    return {"total": record["total_ms"], "flip": record["switch_us"], "drained": drained_ms, "one": one,
            "others": others, "rest": sampler.rest_kib, "most": sampler.most_kib, "ended": ended, "reset": reset}


def listening_ports(count):
    found = set()
    while len(found) < count:
        found.add(free_port())
    return sorted(found)


def measure(workers, listeners, connections):
    ports = listening_ports(listeners)
    if listeners > 1:  # the one that accepts on all it is given
        baton = Baton([BUILD + "/workers/activated"], BATON_WORKERS=workers, BATON_READY="notify",
                      BATON_LISTEN=",".join(str(port) for port in ports))
    else:
        baton = Baton([EPOLL, "--port", ports[0]], BATON_WORKERS=workers)
    try:
        return [one_handoff(baton, ports[0], connections) for _ in range(handoffs)]
    finally:
        baton.end()


def print_row(label, results):
    of = {key: median([r[key] for r in results]) for key in results[0]}
    say(f"{label:>20}{of['total']:9.0f}{of['flip']:9.0f}{of['drained']:11.0f}{of['one']:9.1f}{of['others']:9.1f}"
        f"{of['rest']:9.0f}{of['most']:9.0f}" +
        (f"   {of['ended']:.0f} closed, {of['reset']:.0f} reset" if "connections" in label else ""))


def use_descriptors():
    """As many as the system lets us have; they are inherited."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def given(what, value):
    """One thing varied. Connections are spread over four workers, for one may not have enough descriptors."""
    return {"workers": 4 if what == "connections" else 1, "listeners": 1, "connections": 0} | {what: value}


def main():
    files = use_descriptors()
    say(f"cost: the median of {handoffs} handoffs each; {load_average()}")
    say(f"{'':>20}{'serves':>9}{'flip':>9}{'drained':>11}{'PID 1':>9}{'others':>9}{'memory':>9}{'most':>9}")
    say(f"{'':>20}{'ms':>9}{'us':>9}{'ms':>11}{'ms CPU':>9}{'ms CPU':>9}{'KiB':>9}{'KiB':>9}")
    for what, values in curves.items():
        for value in values:
            label = f"{value} {what if value != 1 else what[:-1]}"
            if what == "connections" and min(value, AT_MOST) + 200 > files:
                say(f"SKIP {label}: only {files} files may be open")
                continue
            try:
                print_row(label, measure(**given(what, value)))
            except (RuntimeError, OSError, ValueError, KeyError) as why:
                say(f"SKIP {label}: {why}")


if sys.argv[1:2] == ["--client"]:
    use_descriptors()
    client(*map(int, sys.argv[2:]))
else:
    main()
