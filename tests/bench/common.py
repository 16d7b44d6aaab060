"""common.py - what the Python benches share: processes that end with the bench, load, and baton.

Each runs from the repository's root with BUILD set, prints, and never fails a test.
"""
import atexit
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
BENCH = os.path.join(ROOT, "tests/bench")
work = tempfile.mkdtemp(prefix="baton-bench.", dir="/tmp")
os.chmod(work, 0o755)
started = []


def clean_up():
    for process in reversed(started):
        end(process, signal.SIGKILL)
    shutil.rmtree(work, ignore_errors=True)


atexit.register(clean_up)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def say(text=""):
    print(text, flush=True)


def load_average():
    return "load average " + " ".join(open("/proc/loadavg").read().split()[:3])


def number_of(name, otherwise):
    """A whole number from the environment."""
    return int(os.environ.get(name, otherwise))


def start(*command, log=None, **more):
    """Start a process that ends with the bench. Its output goes to the file `log` of `work`, or nowhere."""
    to = open(os.path.join(work, log), "ab") if log else subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=to, stderr=to, **more)
    started.append(process)
    return process


def end(process, how=signal.SIGTERM, patience=10):
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process in started:
        started.remove(process)


def wait_until(seconds, what):
    """Ask again and again, for so long. Returns what it said last."""
    until = time.monotonic() + seconds
    while not (said := what()) and time.monotonic() < until:
        time.sleep(0.005)
    return said


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port, patience=0.5):
    """Does somebody answer a request there?"""
    try:
        with socket.create_connection(("127.0.0.1", port), patience) as s:
            s.settimeout(patience)
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return s.recv(16).startswith(b"HTTP/1")
    except OSError:
        return False


class Load:
    """tests/load in the background. mark() names the stretch that begins; end() returns the report."""

    def __init__(self, url, *options):
        self.process = subprocess.Popen(
            [BUILD + "/load", "--json", "--marks", *map(str, options), url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        started.append(self.process)

    def mark(self, label):
        try:
            self.process.stdin.write(label + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def end(self):
        self.mark("stop")
        out, _ = self.process.communicate(timeout=90)
        started.remove(self.process)
        return json.loads(out)


class Baton:
    """baton around a command, as PID 1 where that can be had."""

    around = []  # what baton itself is started by

    def __init__(self, command, **settings):
        self.control = os.path.join(work, f"control.{len(os.listdir(work))}.sock")
        prefix = ["unshare", "-fp", "--mount-proc", "--kill-child"] if os.getuid() == 0 else []
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BATON_")}
        environment |= {k: str(v) for k, v in settings.items()} | {"BATON_CONTROL": self.control}
        self.process = start(*self.around, *prefix, BUILD + "/baton", "--", *map(str, command), log="baton.log", env=environment)
        if not wait_until(30, lambda: self.ask("ready").returncode == 0):
            raise RuntimeError("baton does not start: " + open(work + "/baton.log").read()[-600:])

    def ask(self, *command):
        return subprocess.run([BUILD + "/baton", *command], env=os.environ | {"BATON_CONTROL": self.control},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def reload(self, *options):
        said = self.ask("reload", *options)
        if said.returncode != 0:
            raise RuntimeError("a reload failed: " + said.stdout + said.stderr)

    def status(self):
        return json.loads(self.ask("status", "--json").stdout)

    def pid(self):
        """PID 1's, as it is seen from here."""
        if os.getuid() != 0:
            return self.process.pid
        return children(self.process.pid)[0]

    def end(self):
        try:
            os.kill(self.pid(), signal.SIGTERM)
            self.process.wait(15)
        except (OSError, IndexError, subprocess.TimeoutExpired):
            pass
        end(self.process, signal.SIGKILL)


def children(pid):
    try:
        return [int(c) for c in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except OSError:
        return []


def median(values):
    return statistics.median(values) if values else float("nan")


def quantile(values, fraction):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * fraction))] if values else float("nan")


def npm_home(name):
    """Where a tool is: $NAME, or installed by npm below build/ once. None, with the reason said, if it cannot be had."""
    home = os.environ.get(name.upper(), f"{BUILD}/{name}")
    if not os.path.exists(f"{home}/node_modules/.bin/{name}"):
        if not shutil.which("npm"):
            say(f"SKIP {name}: npm is not there")
            return None
        os.makedirs(home, exist_ok=True)
        try:
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", home, name],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=True)
        except (subprocess.SubprocessError, OSError) as why:
            say(f"SKIP {name}: npm cannot install it ({type(why).__name__})")
            return None
    return f"{home}/node_modules/.bin/{name}"


def pm2_home():
    return npm_home("pm2")


class Pm2:
    """The Node server in pm2's cluster mode, with a daemon of its own."""

    def __init__(self, binary, script, *arguments, workers=2):
        self.binary = binary
        self.environment = os.environ | {"PM2_HOME": work + "/pm2", "PM2_DISABLE_VERSION_CHECK": "1"}
        self.run("start", script, "-i", str(workers), "--name", "bench", "--", *map(str, arguments))

    def run(self, *command):
        said = subprocess.run([self.binary, *command], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True)
        if said.returncode != 0:
            raise RuntimeError("pm2 " + command[0] + " failed: " + said.stdout[-300:])

    def reload(self):
        self.run("reload", "bench")

    def end(self):
        self.run("kill")
