#!/usr/bin/env python3
"""How long requests take while a build keeps every processor and the disk busy, as a ratio to quiet, in one run.

    latency.py [SERVER...]

The build is tests/bench/busy.sh: as many loops as there are processors, and a writer that syncs. Each candidate serves
alone, under a moderate load on schedule (RATE requests a second, 1000, on 16 kept connections; the load generator
itself goes first where it may, because a client is elsewhere), in turn quiet and with a build, ROUNDS (6) times SLICE (2)
seconds each. Then how many rounds the build gets through, as a share of what it does unhindered: quiet under this load,
and beside a service that is asked as fast as it answers (4 loads), where it must not stand still.

"no cgroup" has all trees of cgroups read-only, as containers do by default.
"""
from common import *

rounds, slice_s, rate = number_of("ROUNDS", 6), float(os.environ.get("SLICE", "2")), number_of("RATE", 1000)
site = work + "/site"
READ_ONLY = """for tree in /sys/fs/cgroup /sys/fs/cgroup/*/; do
	[ -L "${tree%/}" ] || mount -o remount,bind,ro "$tree" 2>/dev/null; done; exec "$@" """
SERVERS = {
    "node": ["node", BENCH + "/server.js", "port"],
    "c epoll": [BUILD + "/workers/epoll", "--port"],
}
pm2 = nodemon = None


def project():
    """A project with nothing but the build, served from dist/."""
    shutil.rmtree(site, ignore_errors=True)
    for name in "src", "dist", "state":
        os.makedirs(f"{site}/{name}")
    with open(site + "/dist/index.html", "w") as out:
        out.write("page\n")
    shutil.copy(BENCH + "/busy.sh", site)
    touch("stop")


def touch(name):
    with open(f"{site}/{name}", "a") as out:
        out.write("x\n")


class Alone:
    """The server and a build as anybody would start them."""

    def __init__(self, command):
        self.command, self.process = command, start(*command)
        self.process_of_build = None

    def build(self):
        self.process_of_build = start("sh", "busy.sh", cwd=site, start_new_session=True)

    def end(self):
        end(self.process)


class UnderBaton(Baton):
    settings = {}

    def __init__(self, command):
        here = os.getcwd()
        os.chdir(site)
        try:
            super().__init__(command, BATON_WATCH="src", BATON_LIVE="dist", BATON_BUILD="sh busy.sh",
                             BATON_WATCH_DELAY="100ms", BATON_BUILD_ON_START="off", **self.settings)
        finally:
            os.chdir(here)

    def build(self):
        touch("src/page")


class Half(UnderBaton):
    settings = {"BATON_SANDBOX_CPU": "1"}


class Off(UnderBaton):
    settings = {"BATON_SANDBOX": "off"}


class Without(UnderBaton):
    around = ["unshare", "-m", "bash", "-c", READ_ONLY, "bash"]


class Pm2AndNodemon:
    def __init__(self, command):
        home = {"PM2_HOME": work + "/pm2", "PM2_DISABLE_VERSION_CHECK": "1"}
        self.environment = os.environ | home
        interpreter = ["--interpreter", "none"] if command[0] != "node" else []
        script = command if interpreter else command[1:]
        self.run("start", script[0], "--name", "bench", *interpreter, "--", *script[1:])
        self.watcher = start(nodemon, "--quiet", "--watch", "src", "--ext", "page", "--exec", "sh busy.sh", cwd=site)
        wait_until(10, lambda: os.path.exists(site + "/state/rounds.1"))  # it builds at once

    def run(self, *command):
        subprocess.run([pm2, *map(str, command)], env=self.environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, timeout=60, check=True)

    def build(self):
        touch("src/a.page")

    def end(self):
        end(self.watcher)
        self.run("kill")


CANDIDATES = {
    "alone": Alone, "baton": UnderBaton, "baton, no cgroup": Without, "baton, CPU=1": Half, "baton, sandbox off": Off,
    "pm2 + nodemon": Pm2AndNodemon,
}


class FirstLoad(Load):
    def __init__(self, url, *options):
        super().__init__(url, *options)
        if os.getuid() == 0:
            try:
                os.sched_setscheduler(self.process.pid, os.SCHED_FIFO, os.sched_param(10))
            except OSError:
                pass


def begin_build(served):
    for name in os.listdir(site + "/state"):
        if name.startswith("rounds") or name == "running":
            os.remove(f"{site}/state/{name}")
    os.remove(site + "/stop")
    served.build()
    if not wait_until(30, lambda: os.path.exists(site + "/state/running")):
        raise RuntimeError("the build does not start")


def end_build():
    """Returns the rounds it got through."""
    touch("stop")
    if not wait_until(60, lambda: not os.path.exists(site + "/state/running")):
        raise RuntimeError("the build does not end")
    return sum(int(open(f"{site}/state/{name}").read() or 0) for name in os.listdir(site + "/state")
               if name.startswith("rounds"))


def measure(served, port):
    load = FirstLoad(f"http://127.0.0.1:{port}/", "--mode", "keepalive", "--connections", 16, "--rate", rate,
                     "--duration", int(rounds * (slice_s * 2 + 6) + 60), "--mark", "between")
    done, passed = 0, 0.0
    time.sleep(1)
    for _ in range(rounds):
        load.mark("quiet")
        time.sleep(slice_s)
        load.mark("between")
        begin_build(served)
        began = time.monotonic()
        load.mark("build")
        time.sleep(slice_s)
        load.mark("between")
        done += end_build()
        passed += time.monotonic() - began
        time.sleep(0.5)
    return load.end(), done / passed


def saturated(served, port):
    """Rounds a second of a build beside a service that is never idle."""
    loads = [Load(f"http://127.0.0.1:{port}/", "--mode", "keepalive", "--connections", 16, "--duration", 60)
             for _ in range(4)]
    time.sleep(0.5)
    try:
        begin_build(served)
        began = time.monotonic()
        time.sleep(6)
        return end_build() / (time.monotonic() - began)
    finally:
        for load in loads:
            load.end()


def unhindered():
    """Rounds a second of a build on an idle machine."""
    project()
    os.remove(site + "/stop")
    began = time.monotonic()
    alone = start("sh", "busy.sh", cwd=site)
    time.sleep(3)
    done = end_build() / (time.monotonic() - began)
    end(alone)
    return done


def show(server, name, report, of_build, of_busy, whole):
    quiet, build = (report["latency_us"][label] for label in ("quiet", "build"))
    figures = "".join(f"{quiet[q]:>8}{build[q]:>8}" for q in ("p50", "p99", "p999"))
    ratios = "".join(f"{build[q] / max(1, quiet[q]):8.2f}" for q in ("p50", "p99", "p999"))
    say(f"{server:9}{name:20}{figures}{ratios}{of_build / whole:9.2f}{of_busy / whole:8.2f}" +
        (f"   {report['failed_total']} failed" if report["failed_total"] else ""))
    return build["p99"] / max(1, quiet["p99"])


def one(server, name, make, whole):
    project()
    port = free_port()
    served = make([*SERVERS[server], str(port)])
    try:
        if not wait_until(20, lambda: answers(port)):
            raise RuntimeError(name + " does not answer")
        report, of_build = measure(served, port)
        return show(server, name, report, of_build, saturated(served, port), whole)
    finally:
        touch("stop")
        served.end()


def main():
    global pm2, nodemon
    pm2, nodemon = npm_home("pm2"), npm_home("nodemon")
    whole = unhindered()
    say(f"latency: {rounds} rounds of {slice_s:g} s quiet and with a build, {rate} requests a second; {load_average()}")
    say(f"{'':29}{'p50 us':>16}{'p99 us':>16}{'p99.9 us':>16}{'to quiet: p50':>14}{'p99':>5}{'p99.9':>8}"
        f"{'share of the build':>20}")
    say(f"{'':29}" + f"{'quiet':>8}{'build':>8}" * 3 + f"{'':24}{'now':>9}{'busy':>8}")
    reached = []
    for server in sys.argv[1:] or SERVERS:
        for name, make in CANDIDATES.items():
            if (name == "pm2 + nodemon" and not (pm2 and nodemon)) or (make is Without and os.getuid() != 0):
                continue
            try:
                ratio = one(server, name, make, whole)
                if name == "baton":
                    reached.append((server, ratio))
            except (RuntimeError, OSError, ValueError, KeyError, subprocess.SubprocessError) as why:
                say(f"SKIP {server}, {name}: {why}")
    for server, ratio in reached:
        say(f"goal: {server}: p99 with a build at most 2 times the quiet one / measured: {ratio:.2f}" +
            ("" if ratio <= 2 else "  (missed)"))


main()
