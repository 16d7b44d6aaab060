"""subject.py - one baton under the tracer: started, asked, ended, and what was seen of it."""
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
BATON = os.path.join(BUILD, "baton")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(seconds, test):
    until = time.monotonic() + seconds
    while not test():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def get(port, patience=1.0):
    """The status of one request over a connection of its own, or the error's name."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=patience) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = s.recv(4096)
            return int(answer.split()[1]) if answer else "nothing"
    except (OSError, ValueError, IndexError) as error:
        return type(error).__name__


class Subject:
    """A baton with one call that fails. Use as a context: what is left is killed at its end.

    It starts in an empty directory `site`, after prepare(site).
    """

    def __init__(self, command, variables=(), fault=(), below=False, prepare=None):
        self.work = tempfile.mkdtemp(prefix="baton-fault.")
        self.path = {name: os.path.join(self.work, name) for name in ("log", "report", "control")}
        self.site = os.path.join(self.work, "site")
        os.mkdir(self.site)
        if prepare:
            prepare(self.site)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("BATON_")}
        self.environment.update(variables, BATON_CONTROL=self.path["control"])
        with open(self.path["log"], "w") as log:
            self.process = subprocess.Popen(
                [os.path.join(BUILD, "fault"), *fault, *(["--below"] if below else []),
                 "--report", self.path["report"], BATON, "--", *command],
                env=self.environment, cwd=self.site, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()    # the tracer: the kernel ends PID 1 with it, and that its namespace
        self.process.wait()
        subprocess.run(["rm", "-rf", self.work], check=False)

    def text(self, name):
        try:
            with open(self.path[name], errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def reported(self, word):
        """The rest of the first line of the report that begins with the word, or None."""
        for line in self.text("report").splitlines():
            if line.split(" ", 1)[0] == word:
                return line[len(word) + 1:]
        return None

    def running(self):
        return self.process.poll() is None

    def signal(self, signo):
        self.process.send_signal(signo)

    def end(self, seconds):
        """The exit status, or None if it still runs."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def client(self, *words, patience=2.0):
        """A client command: (exit status or None, what it printed)."""
        try:
            done = subprocess.run([BATON, *words], env=self.environment, timeout=patience,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace")
            return done.returncode, done.stdout
        except subprocess.TimeoutExpired:
            return None, "no answer"

    def descendants(self):
        """[(pid, command line)] of all below the tracer."""
        parents, names = {}, {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat", errors="replace") as f:
                    parents[int(entry)] = int(f.read().rsplit(")", 1)[1].split()[1])
                with open(f"/proc/{entry}/cmdline", errors="replace") as f:
                    names[int(entry)] = f.read().replace("\0", " ").strip()
            except (OSError, IndexError):
                continue
        below, grown = {self.process.pid}, True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in below} - below
            below |= more
            grown = bool(more)
        return sorted((p, names.get(p, "")) for p in below - {self.process.pid})

    def kill_worker(self, word):
        """The newest process whose command line begins so."""
        for pid, command in reversed(self.descendants()):
            if command.startswith(word):
                try:
                    os.kill(pid, signal.SIGKILL)
                    return True
                except ProcessLookupError:
                    continue
        return False

    def descriptors(self):
        """How many PID 1 has open."""
        for pid, command in self.descendants()[:1]:
            try:
                return len(os.listdir(f"/proc/{pid}/fd"))
            except OSError:
                break
        return 0


class Visitor(threading.Thread):
    """Asks one request after the other while a handoff goes on, and keeps what was not a 200."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.bad, self.stopping = port, [], threading.Event()

    def run(self):
        while not self.stopping.wait(0.03):
            answer = get(self.port)
            if answer != 200:
                self.bad.append(answer)

    def stop(self):
        self.stopping.set()
        self.join(3)
        return self.bad
