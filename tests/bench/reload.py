#!/usr/bin/env python3
"""What a reload loses, and how long requests take meanwhile, side by side: the same server, the same load, one run.

    reload.py [CANDIDATE...]

Three loads at once: new connections, kept-alive ones that pause 100 to 220 ms, and requests of 300 ms (of a second to
nginx, which sends a second's worth at a time); then, unless HOT=off, kept-alive ones without any pause alone. RELOADS
(5) each. The p99.9 is that of the requests which a reload overlaps (from its begin until the command is through, a
second at least) and that of all the others.
"""
import fcntl

from common import *

reloads = number_of("RELOADS", 5)
hot = os.environ.get("HOT", "on") == "on"
SERVERS = os.path.join(ROOT, "tests/servers")
NODE = ["node", BENCH + "/server.js"]
pm2 = None


# --- the candidates: made, they serve on `port`; reload() returns when it is through ---------------

def baton_around(*command, **settings):
    class Around(Baton):
        def __init__(self, port, drain):
            super().__init__([str(word).replace("PORT", str(port)) for word in command],
                             BATON_DRAIN_TIMEOUT=drain, **settings)
    return Around


def pm2_around(script, *arguments):
    class Around(Pm2):
        def __init__(self, port, _):
            super().__init__(pm2, script, *[str(word).replace("PORT", str(port)) for word in arguments])
    return Around


class Pair:
    """Two of the Node server, on descriptors that are made here."""

    def __init__(self, port, _):
        self.port, self.processes = port, []
        self.begin()

    def bound(self):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind(("0.0.0.0", self.port))
        return s

    def run(self, s):
        """Start one on s, as LISTEN_FDS says, without its socket being kept by another child."""
        fd = fcntl.fcntl(s, fcntl.F_DUPFD, 100)  # not 3 itself
        run = f'exec 3<&{fd} {fd}<&-; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"'
        out, into = os.pipe()
        process = subprocess.Popen(["bash", "-c", run, *NODE, "fd"], pass_fds=[fd],
                                   stdin=subprocess.DEVNULL, stdout=into)
        started.append(process)
        os.close(into)
        os.close(fd)
        return process, out

    def two(self, sockets):
        new = [self.run(s) for s in sockets]
        for _, out in new:
            os.read(out, 64)  # it says when it listens
            os.close(out)
        return [process for process, _ in new]

    def end(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            end(process)


class Activated(Pair):
    """What a systemd socket unit does: its holder keeps the socket; a restart stops the old, then starts the new."""

    def begin(self):
        self.socket = self.bound()
        self.socket.listen(4096)
        self.processes = self.two([self.socket] * 2)

    def reload(self):
        super().end()
        self.processes = self.two([self.socket] * 2)

    def end(self):
        super().end()
        self.socket.close()


class Naive(Pair):
    """New ones bind the port beside the old with SO_REUSEPORT and listen; then the old ones are ended."""

    def begin(self):
        sockets = [self.bound(), self.bound()]  # Node itself calls listen(2), when it is ready
        self.processes = self.two(sockets)
        for s in sockets:
            s.close()

    def reload(self):
        old, self.processes = self.processes, []
        self.begin()
        for process in old:
            process.send_signal(signal.SIGTERM)
        for process in old:
            end(process, 0)


def fill_in(template, **words):
    text = open(template).read()
    for word, value in (words | {"work": work}).items():
        text = text.replace(f"@{word}@", str(value))
    path = f"{work}/{os.path.basename(template)}.{words['port']}"
    with open(path, "w") as out:
        out.write(text)
    return path


class Signalled:
    """A program that reloads by a signal to its first process."""

    def __init__(self, how, *command):
        self.how, self.process = how, start(*command, log="signalled.log")

    def reload(self):
        before = set(children(self.process.pid))
        self.process.send_signal(self.how)
        wait_until(5, lambda: set(children(self.process.pid)) - before)

    def end(self):
        end(self.process)


def site():
    os.makedirs(work + "/site", exist_ok=True)
    os.makedirs(work + "/tmp", exist_ok=True)
    with open(work + "/site/index.html", "w") as out:
        out.write("hello\n")
    with open(work + "/site/slow", "w") as out:  # at 100k a second, which nginx sends a second's worth at a time
        out.write("." * 130000)


def nginx_command(port):
    site()
    return ["nginx", "-c", fill_in(SERVERS + "/nginx.conf", port=port), "-g", "daemon off;"]


def nginx(port, _):
    return Signalled(signal.SIGHUP, *nginx_command(port))


def baton_nginx(port, drain):
    return Baton(nginx_command(port), BATON_DRAIN_TIMEOUT=drain)


GUNICORN = ["/usr/bin/python3", "-m", "gunicorn", "--chdir", SERVERS, "-b", "0.0.0.0:PORT", "-w", "2",
            "-k", "gthread", "--threads", "12", "--log-level", "error", "wsgi:app"]


def gunicorn(port, _):
    return Signalled(signal.SIGHUP, *[word.replace("PORT", str(port)) for word in GUNICORN])


class Haproxy(Signalled):
    """HAProxy before two of the Node server, which stay; what reloads is the proxy."""

    def __init__(self, port, _):
        behind = [free_port(), free_port()]
        self.servers = [start(*NODE, "port", str(p)) for p in behind]
        for p in behind:
            wait_until(10, lambda: answers(p))
        super().__init__(signal.SIGUSR2, "haproxy", "-W", "-f", fill_in(
            BENCH + "/haproxy.conf", port=port, one=behind[0], two=behind[1]))

    def end(self):
        super().end()
        for server in self.servers:
            end(server)


def python_module(name):
    return subprocess.run(["/usr/bin/python3", "-c", f"import {name}"], stderr=subprocess.DEVNULL).returncode == 0


# name: how it is made, what must be there, hot too
candidates = {
    "baton": (baton_around(*NODE, "port", "PORT", BATON_WORKERS=2), "node", True),
    "baton, carry": (baton_around(*NODE, "port", "PORT", BATON_WORKERS=2, BATON_CONNECTIONS="carry"), "node", True),
    "pm2 reload": (pm2_around(BENCH + "/server.js", "port", "PORT"), "pm2", True),
    "activation, restart": (Activated, "node", True),
    "new socket, close old": (Naive, "node", True),
    "HAProxy USR2 (Node behind)": (Haproxy, "haproxy", True),
    "baton, no signal handler": (baton_around("node", SERVERS + "/http.js", "PORT", BATON_WORKERS=2), "node", False),
    "pm2, no signal handler": (pm2_around(SERVERS + "/http.js", "PORT"), "pm2", False),
    "nginx HUP": (nginx, "nginx", True),
    "baton, nginx": (baton_nginx, "nginx", True),
    "gunicorn HUP": (gunicorn, "python:gunicorn", True),
    "baton, gunicorn": (baton_around(*GUNICORN), "python:gunicorn", True),
}


def missing(need):
    """Why it cannot be had, or None."""
    if need == "pm2":
        return None if pm2 else "pm2 is not there"
    if need.startswith("python:"):
        return None if python_module(need[7:]) else f"no Python module {need[7:]}"
    return None if shutil.which(need, path=os.environ["PATH"] + ":/usr/sbin") else f"{need} is not there"


# --- a slice ---------------------------------------------------------------------------------------

LOADS = {
    "new": ["--mode", "new", "--rate", 150, "--connections", 32],
    "kept": ["--mode", "keepalive", "--connections", 16, "--think", 160, "--jitter", 60],
    "slow": ["--mode", "slow", "--rate", 20, "--connections", 64],
}
HOT = {"hot": ["--mode", "keepalive", "--connections", 8]}


def mark(loads, label):
    for load in loads.values():
        load.mark(label)


def one(make, kinds, drain, lead, gap, rest):
    """Serve, load, reload so often. Returns the reports and how long each reload took, in s; the pauses are in s too."""
    port, took = free_port(), []
    served = make(port, drain)
    try:
        if not wait_until(20, lambda: answers(port)):
            raise RuntimeError("nobody answers")
        loads = {kind: Load(f"http://127.0.0.1:{port}/" + ("slow" if kind == "slow" else ""),
                            *options, "--duration", "100s", "--timeout", "5000")
                 for kind, options in kinds.items()}
        time.sleep(lead)
        for _ in range(reloads):
            mark(loads, "reload")
            began = time.monotonic()
            served.reload()
            took.append(time.monotonic() - began)
            time.sleep(max(0, 1 - took[-1]))
            mark(loads, "steady")
            time.sleep(gap)
        time.sleep(rest)  # what drains still, has its time
        return {kind: load.end() for kind, load in loads.items()}, took
    finally:
        served.end()


# --- what is printed -------------------------------------------------------------------------------

def failures(report):
    kinds = {k: v for k, v in report["failures"].items() if v}
    return f"{report['failed_total'] / reloads:.1f}", ", ".join(f"{k} {v}" for k, v in kinds.items())


def tail(report):
    steady = report["latency_us"]["steady"]
    around = report["latency_us"].get("reload", {"p999": 0})
    return f"{around['p999'] / 1000:.0f} / {steady['p999'] / 1000:.0f}"


def row(name, cells, *rest):
    say(f"{name:27}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, [8, 8, 8, 14, 14, 14, 14])) +
        "  " + "; ".join(rest))


def print_slice(name, reports, took):
    lost = {kind: failures(report) for kind, report in reports.items()}
    row(name, [lost[k][0] for k in LOADS] + [tail(reports[k]) for k in LOADS] + [f"{median(took):.1f}, {max(took):.1f}"],
        *[f"{kind}: {lost[kind][1]}" for kind in LOADS if lost[kind][1]])


def print_hot(name, reports, _):
    report = reports["hot"]
    each, kinds = failures(report)
    say(f"{name:27}{each:>8}{report['requests']:>10}{report['failed_total']:>8}{tail(report):>16}  {kinds}")


def attempt(name, show, *how):
    make, need, _ = candidates[name]
    why = missing(need)
    if why:
        say(f"SKIP {name}: {why}")
        return
    try:
        show(name, *one(make, *how))
    except (RuntimeError, OSError, subprocess.SubprocessError, ValueError) as why:
        say(f"SKIP {name}: {why}")


def main():
    global pm2
    os.environ["PATH"] += ":/usr/sbin"
    pm2 = pm2_home()
    names = sys.argv[1:] or list(candidates)
    say(f"reload: {reloads} each; new 150/s, kept 16 connections, slow (300 ms, nginx 1 s) 20/s; {load_average()}")
    row("lost per reload; p99.9 in ms", ["new", "kept", "slow", "new: reload", "kept: /", "slow: steady", "takes, worst"])
    for name in names:
        attempt(name, print_slice, LOADS, "10s", 2, 1, 2)
    if not hot:
        return
    say(f"\nhot: 8 kept-alive connections that never pause; {load_average()}")
    say(f"{'':27}{'lost per':>8}{'requests':>10}{'lost':>8}{'p99.9 r/s, ms':>16}")
    for name in names:
        if candidates[name][2]:
            attempt(name, print_hot, HOT, "3s", 1, 0.3, 3)


main()
