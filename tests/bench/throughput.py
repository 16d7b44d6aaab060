#!/usr/bin/env python3
"""Throughput under baton as a ratio to the bare server with as many workers, and pm2's beside it.

    throughput.py [SERVER...]

All candidates run at once, each on a port of its own, and are loaded in turn, a slice of half a second each, forwards and
then backwards; the ratio is the median over the rounds of that to the bare server in the same round. Closed loops of
16 connections. The processor time a request costs is that of the server's own processes and baton's together.
"""
import re

from common import *

pm2, goals = None, []
rounds, slice_s = number_of("ROUNDS", 20), float(os.environ.get("SLICE", "0.5"))
SERVERS = os.path.join(ROOT, "tests/servers")


class Bare:
    """Processes of a server that accept from one socket together, as the workers of a generation do."""

    def __init__(self, port, workers, *command):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("0.0.0.0", port))
            s.listen(4096)
            os.set_inheritable(s.fileno(), True)
            run = f'exec 3<&{s.fileno()} {s.fileno()}<&-; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"'
            if s.fileno() == 3:
                run = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"'
            self.processes = [start("bash", "-c", run, *map(str, command), pass_fds=[s.fileno()])
                              for _ in range(workers)]

    def pids(self):
        return [p.pid for p in self.processes]

    def end(self):
        for process in self.processes:
            end(process)


class Itself:
    """A server that starts its workers itself."""

    def __init__(self, *command):
        self.process = start(*map(str, command))

    def pids(self):
        return [self.process.pid]

    def end(self):
        end(self.process)


class Under(Baton):
    def pids(self):
        return [self.process.pid]


class Pm2Pair(Pm2):
    def pids(self):
        try:
            return [int(open(work + "/pm2/pm2.pid").read())]
        except (OSError, ValueError):
            return []


def nginx_conf(port):
    os.makedirs(work + "/site", exist_ok=True)
    os.makedirs(work + "/tmp", exist_ok=True)
    with open(work + "/site/index.html", "w") as out:
        out.write("hello\n")
    text = open(SERVERS + "/nginx.conf").read()
    for word, value in (("@work@", work), ("@port@", str(port))):
        text = text.replace(word, value)
    path = f"{work}/nginx.{port}.conf"
    with open(path, "w") as out:
        out.write(re.sub(r"pid .*;", f"pid {work}/nginx.{port}.pid;", text))
    return ["nginx", "-c", path, "-g", "daemon off;"]


NODE = ["node", BENCH + "/server.js"]
EPOLL = BUILD + "/workers/epoll"
# a container's own seccomp profile, which every process of it has, baton or not
PROFILE = [BUILD + "/workers/without", "getfd"]

# server: the candidates, bare first
servers = {
    "node, 2 workers": {
        "bare": lambda port: Bare(port, 2, *NODE, "fd"),
        "baton": lambda port: Under([*NODE, "port", port], BATON_WORKERS=2),
        "pm2": lambda port: Pm2Pair(pm2, BENCH + "/server.js", "port", port),
    },
    "c epoll, 1 worker": {
        "bare": lambda port: Itself(EPOLL, "--port", port),
        "baton": lambda port: Under([EPOLL, "--port", port]),
    },
    "c epoll, in a profile": {
        "bare": lambda port: Itself(*PROFILE, EPOLL, "--port", port),
        "baton": lambda port: Under([*PROFILE, EPOLL, "--port", port]),
    },
    "nginx, its 2 workers": {
        "bare": lambda port: Itself(*nginx_conf(port)),
        "baton": lambda port: Under(nginx_conf(port)),
    },
}


def tree(pids):
    """These and all below them."""
    found = []
    for pid in pids:
        found += [pid] + tree(children(pid))
    return found


def cpu_s(pids):
    total = 0
    for pid in tree(pids):
        try:
            total += int(open(f"/proc/{pid}/schedstat").read().split()[0])
            for task in os.listdir(f"/proc/{pid}/task"):
                if int(task) != pid:
                    total += int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0])
        except OSError:
            pass
    return total / 1e9


def sliced(port, mode):
    said = subprocess.run([BUILD + "/load", "--json", "--mode", mode, "--connections", "16", "--duration",
                           f"{slice_s}s", f"http://127.0.0.1:{port}/"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    report = json.loads(said.stdout)
    return report["ok"] / report["seconds"], report["ok"], report["failed_total"]


def compare(running, mode):
    """Load them in turn. Returns, by name, the rates of the rounds, the CPU time of a request in us, and the failures."""
    rates = {name: [] for name in running}
    cpu, done, failed = ({name: 0 for name in running} for _ in range(3))
    for turn in range(rounds):
        for name in list(running) if turn % 2 == 0 else reversed(running):
            port, served = running[name]
            before = cpu_s(served.pids())
            rate, ok, lost = sliced(port, mode)
            rates[name].append(rate)
            cpu[name] += cpu_s(served.pids()) - before
            done[name] += ok
            failed[name] += lost
    return rates, {name: cpu[name] / max(1, done[name]) * 1e6 for name in running}, failed


def show(server, mode, rates, cpu, failed):
    for name in rates:
        ratios = [of / bare for of, bare in zip(rates[name], rates["bare"])]
        spread = "" if name == "bare" else \
            f"{median(ratios):9.3f}   ({quantile(ratios, .25):.3f} to {quantile(ratios, .75):.3f})"
        say(f"{server:22}{mode:11}{name:8}{median(rates[name]):10.0f}{cpu[name]:10.1f}{spread}" +
            (f"   {failed[name]} failed" if failed[name] else ""))
        if name == "baton":
            goals.append((f"{server}, {mode}", median(ratios), cpu[name] / max(1e-9, cpu["bare"])))


def main():
    global pm2
    os.environ["PATH"] += ":/usr/sbin"
    pm2 = pm2_home()
    say(f"throughput: {rounds} rounds of {slice_s:g} s; {load_average()}")
    say(f"{'':41}{'req/s':>10}{'us CPU':>10}{'ratio':>9}   (its middle half)")
    for server in sys.argv[1:] or servers:
        candidates = servers[server]
        running = {}
        try:
            for name, make in candidates.items():
                if name == "pm2" and not pm2:
                    continue
                port = free_port()
                running[name] = port, make(port)
                if not wait_until(20, lambda: answers(port)):
                    raise RuntimeError(name + " does not answer")
            for mode in "keepalive", "new":
                show(server, mode, *compare(running, mode))
        except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as why:
            say(f"SKIP {server}: {why}")
        finally:
            for _, served in running.values():
                served.end()
    for what, ratio, spent in goals:
        say(f"goal: {what}: at least 0.99 of the bare server / measured: {ratio:.3f}" +
            ("" if ratio >= 0.99 else "  (missed)") + f"; processor time a request {spent:.3f} of the bare server's")


main()
