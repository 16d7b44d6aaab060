#!/usr/bin/env python3
"""How files are watched, side by side in one run: baton, nodemon, chokidar, entr, inotifywait -r, watchexec.

    watching.py [CANDIDATE...]

Each runs the same small script when something changed, after DELAY (100) ms of quiet where it can be told so. On a tree
of FILES (100000) files, ten a directory: the time until it is ready, the memory of its processes, the watches it
holds; then SAVES (20) saves, each timed until the script's first line, less the delay; then NESTED (1000) files, each
four new directories deep, made at once: of which was nothing told, and, where it names no files, which of SAMPLES
(40) of them were not told of when they were written to. On small trees: what goes on being seen after a ConfigMap's
swap, after its root was deleted and made again, after its queue overflowed, and with fewer watches than
directories; and, for 8 saves while the script runs, whether a run after it saw the last.
"""
import re

from common import *

delay_ms = number_of("DELAY", 100)
files = number_of("FILES", 100000)
saves = number_of("SAVES", 20)
nested = number_of("NESTED", 1000)
samples = number_of("SAMPLES", 40)
RIVALS = BUILD + "/rivals"
PATIENCE = 3.0  # baton's polling, where there is no watch left, is every 2 s


def processes_below(pid):
    found = [pid]
    for one in found:
        found += children(one)
    return found


def read_status(pid, name):
    try:
        return int(re.search(name + r":\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1))
    except (OSError, AttributeError):
        return 0


def count_watches(pid):
    total = 0
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if "inotify" in os.readlink(f"/proc/{pid}/fd/{fd}"):
                total += open(f"/proc/{pid}/fdinfo/{fd}").read().count("inotify wd")
    except OSError:
        pass
    return total


class Candidate:
    """Watches `src` of the directory `where`. ready_text: what it says then, a pattern; None: its watches stop growing."""
    name, ready_text, delays, names_files = "", None, True, False

    def __init__(self, where, slow=0, watches=None):
        self.where, self.log, self.decisions = where, os.path.join(where, "log"), []
        for name in ("triggers", "seen", "changed", "log"):
            open(os.path.join(where, name), "w").close()
        script = os.path.join(where, "run.sh")
        with open(script, "w") as f:
            # it fails, so that baton has nothing to hand over
            f.write(f'date +%s%N >>triggers; [ -z "$BATON_CHANGED" ] || cat "$BATON_CHANGED" >>changed\n'
                    f"sleep {slow}; cat src/page.md >>seen; exit 1\n")
        command = self.command(script)
        if watches is not None:
            limit = f'echo {watches} >/proc/sys/user/max_inotify_watches; exec "$0" "$@"'
            command = ["unshare", "-Ur", "sh", "-c", limit, *command]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BATON_")} | self.environment(script)
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, cwd=where, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=open(self.log, "ab"), stderr=subprocess.STDOUT,
                                        start_new_session=True)
        started.append(self.process)
        self.ready_s = self.wait_ready(300)

    def environment(self, script):
        return {}

    def pids(self):
        return [p for p in processes_below(self.process.pid) if self.is_watcher(p)]

    def is_watcher(self, pid):
        return True

    def watches(self):
        return sum(count_watches(p) for p in self.pids())

    def memory_kib(self):
        return sum(read_status(p, "VmRSS") for p in self.pids())

    def wait_ready(self, patience):
        until, most, at = self.began + patience, -1, self.began
        while time.monotonic() < until:
            now = time.monotonic()
            if self.ready_text is not None:
                if re.search(self.ready_text, open(self.log, errors="replace").read()):
                    return now - self.began
                time.sleep(0.005)
                continue
            count = self.watches()
            if count > most:
                most, at = count, now
            elif most > 0 and now - at > 3:
                return at - self.began
            time.sleep(0.05)
        return float("nan")

    def triggers(self):
        return open(os.path.join(self.where, "triggers")).read().split()

    def settle(self):
        """Until nothing was told for a while. Returns how often it was."""
        count, since = len(self.triggers()), time.monotonic()
        while time.monotonic() - since < 0.4 + delay_ms / 1000:
            if len(self.triggers()) != count:
                count, since = len(self.triggers()), time.monotonic()
            time.sleep(0.02)
        return count

    def tells(self, change, patience=PATIENCE):
        """Does it tell of this change? Returns the time from the change to the script, or None."""
        before = self.settle()
        change()
        at = time.time_ns()
        self.decided(at)
        if not wait_until(patience, lambda: len(self.triggers()) > before):
            return None
        time.sleep(0.01)
        return (int(self.triggers()[before]) - at) / 1e6

    def decided(self, at):
        """Called after each change: a chance to look at what is said before the script runs."""

    def end(self):
        for pid in reversed(processes_below(self.process.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        end(self.process, signal.SIGKILL)


class OfBaton(Candidate):
    name, ready_text, names_files = "baton", ": watching", True
    decision = ": started"

    def command(self, script):
        return [BUILD + "/baton", "--", "sleep", "1000"]

    def environment(self, script):
        return {"BATON_WATCH": "src", "BATON_WATCH_DELAY": f"{delay_ms}ms", "BATON_BUILD": f"sh {script}",
                "BATON_LIVE": "dist", "BATON_BUILD_ON_START": "off", "BATON_CONTROL": self.where + "/control"}

    def decided(self, at):
        """It says that a build starts when its record is on the disk, before it makes the sandbox for it."""
        with open(self.log) as log:
            log.seek(0, os.SEEK_END)
            until = time.monotonic() + delay_ms / 1000 + 0.5
            while time.monotonic() < until:
                if self.decision in log.read():
                    self.decisions.append((time.time_ns() - at) / 1e6 - delay_ms)
                    return
                time.sleep(0.0002)

    def is_watcher(self, pid):
        try:
            return b"baton watch" in open(f"/proc/{pid}/cmdline", "rb").read().replace(b"\0", b" ")
        except OSError:
            return False


class Reload(OfBaton):
    """Without a build nothing is written and nothing fenced in: the decision alone."""
    decision = "the sources changed"

    def environment(self, script):
        return {k: v for k, v in super().environment(script).items()
                if k not in ("BATON_BUILD", "BATON_LIVE", "BATON_BUILD_ON_START")}


class Nodemon(Candidate):
    name, ready_text = "nodemon", r"watching [\d,]+ file"

    def command(self, script):
        return ["node", RIVALS + "/node_modules/nodemon/bin/nodemon.js", "--verbose", "--on-change-only", "--watch", "src", "--ext",
                "md", "--delay", f"{delay_ms}ms", "--exec", "sh " + script]


class Chokidar(Candidate):
    name, ready_text, names_files = "chokidar", "ready", True

    def command(self, script):
        return ["node", BENCH + "/chokidar.mjs", RIVALS + "/node_modules/chokidar/index.js", "src", str(delay_ms),
                "sh", script]


class Entr(Candidate):
    """It ends when a directory gets a new file, and is started again, as its manual says."""
    name, delays = "entr", False

    def command(self, script):
        return ["sh", "-c", f"while :; do find src -type f | entr -n -d -p sh {script}; sleep 0.05; done"]


class Inotifywait(Candidate):
    name, ready_text, names_files = "inotifywait -r", "Watches established", True

    def command(self, script):
        loop = (f'while read -r path; do while read -rt {delay_ms / 1000} path; do :; done; sh {script}; done')
        return ["bash", "-c", "inotifywait -m -r -e modify,attrib,close_write,move,create,delete --format %w%f src | "
                              f"tee -a changed | {loop}"]


class Watchexec(Candidate):
    name = "watchexec"

    def command(self, script):
        binary = RIVALS + "/bin/watchexec"
        return [binary if os.path.exists(binary) else "watchexec", "--postpone", "-w", "src", "--debounce",
                f"{delay_ms}ms", "--on-busy-update", "queue", "--", "sh", script]


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def big_tree(where):
    for i in range(files // 10):
        directory = f"{where}/src/topic{i // 100:03}/part{i % 100:02}"
        os.makedirs(directory)
        for k in range(10):
            write(f"{directory}/page{k}.md", f"{i} {k}\n")
    write(f"{where}/src/page.md", "first")


def small_tree(name):
    where = f"{work}/{name}"
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where + "/src")
    write(where + "/src/page.md", "first")
    return where


def nested_missed(c, where):
    """Of how many files in new directories was nothing told: by name, or by writing to some of them."""
    paths = [f"src/nest/a{i}/b/c/d/page.md" for i in range(nested)]
    c.settle()
    maker = ("import os\nfor i in range(%d):\n d = f'src/nest/a{i}/b/c/d'\n os.makedirs(d)\n"
             " open(d + '/page.md', 'w').write('x')" % nested)
    subprocess.run([sys.executable, "-c", maker], cwd=where, check=True)
    size = lambda: os.path.getsize(where + "/changed")
    before = -1
    while size() != before:  # some take long to tell of all that they will
        before = size()
        time.sleep(3)
    c.settle()
    if c.names_files:
        told = set(open(where + "/changed", errors="replace").read().split())
        return f"{sum(path not in told for path in paths)} of {nested}"
    some = [f"{where}/{paths[i * nested // samples]}" for i in range(samples)]
    missed = sum(c.tells(lambda: write(path, "more"), 1.5) is None for path in some)
    return f"{missed} of {samples} written to"


def on_the_big_tree(kind, where):
    c = kind(where)
    try:
        row = {"ready_s": c.ready_s, "watches": c.watches(), "memory_mb": c.memory_kib() / 1024}
        times = []
        for i in range(saves):
            took = c.tells(lambda: write(f"{where}/src/topic{i % 10:03}/part50/page5.md", f"save {i} {time.time()}"), 5)
            times.append(took)
        seen = [t - (delay_ms if c.delays else 0) for t in times if t is not None]
        row |= {"latency_ms": median(seen), "latency_most_ms": max(seen, default=float("nan")), "lost": times.count(None)}
        row["decisions"] = sorted(c.decisions)
        row["nested"] = nested_missed(c, where)
        return row
    finally:
        c.end()
        shutil.rmtree(where + "/src/nest", ignore_errors=True)


def reloads_on_the_big_tree(where):
    c = Reload(where)
    try:
        for i in range(saves):
            time.sleep(0.5)
            write(f"{where}/src/topic{i % 10:03}/part51/page5.md", f"save {i} {time.time()}")
            c.decided(time.time_ns())
        return sorted(c.decisions)
    finally:
        c.end()


# --- on small trees: each returns whether it is still seen -------------------------------------------

def config_map(kind):
    where = small_tree("map")
    for i in (1, 2):
        os.mkdir(f"{where}/src/..{i}")
        write(f"{where}/src/..{i}/key.md", str(i))
    os.symlink("..1", where + "/src/..data")
    os.symlink("..data/key.md", where + "/src/key.md")
    c = kind(where)

    def swap():
        os.symlink("..2", where + "/src/..tmp")
        os.rename(where + "/src/..tmp", where + "/src/..data")
    try:
        return c.tells(swap) is not None
    finally:
        c.end()


def deleted_root(kind):
    where = small_tree("deleted")
    c = kind(where)
    try:
        c.settle()
        shutil.rmtree(where + "/src")
        c.settle()
        os.mkdir(where + "/src")
        write(where + "/src/page.md", "again")
        c.settle()
        return c.tells(lambda: write(where + "/src/page.md", "and again")) is not None
    finally:
        c.end()


def overflow(kind):
    where = small_tree("overflow")
    for i in range(100):
        write(f"{where}/src/f{i}.md", "x")
    c = kind(where)
    most = int(open("/proc/sys/fs/inotify/max_queued_events").read())

    def change():
        pids = processes_below(c.process.pid)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for i in range(min(most, 200000) + 2000):
            os.utime(f"{where}/src/f{i % 100}.md")
        os.makedirs(where + "/src/new/deep")
        write(where + "/src/new/deep/page.md", "made while nobody could tell")
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    try:
        c.tells(change)
        c.settle()
        return c.tells(lambda: write(where + "/src/new/deep/page.md", "written later")) is not None
    finally:
        c.end()


def exhausted(kind):
    where = small_tree("exhausted")
    for i in range(40):
        os.mkdir(f"{where}/src/d{i}")
        write(f"{where}/src/d{i}/page.md", "x")
    c = kind(where, watches=20)
    try:
        return all(c.tells(lambda: write(f"{where}/src/d{i}/page.md", "more")) is not None for i in (0, 20, 39))
    finally:
        c.end()


def during_a_run(kind):
    """The last of what is saved while the script runs, at odd moments, is seen by a later run."""
    where = small_tree("during")
    c = kind(where, slow=0.3)
    try:
        c.settle()
        for i in range(8):
            write(where + "/src/page.md", f"begin {i}\n")
            time.sleep((delay_ms + 40 + 37 * i) / 1000)
            write(where + "/src/page.md", f"last {i}\n")
            if not wait_until(3, lambda: f"last {i}\n" in open(where + "/seen").read()):
                return False
        return True
    finally:
        c.end()


BEHAVIOUR = {"ConfigMap swap": config_map, "deleted root": deleted_root, "overflow": overflow,
             "watches exhausted": exhausted, "change in a run": during_a_run}


def have(kind):
    """None, or why it cannot be had."""
    if kind in (Nodemon, Chokidar):
        package = kind.name
        if not os.path.exists(f"{RIVALS}/node_modules/{package}"):
            if not shutil.which("npm"):
                return "npm is not there"
            os.makedirs(RIVALS, exist_ok=True)
            said = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", RIVALS, package],
                                  stdin=subprocess.DEVNULL, capture_output=True)
            if said.returncode != 0:
                return "npm cannot install it"
    if kind is Entr and not shutil.which("entr") or kind is Inotifywait and not shutil.which("inotifywait"):
        return "Debian's package is not installed"
    if kind is Watchexec and not (os.path.exists(RIVALS + "/bin/watchexec") or shutil.which("watchexec")):
        return "Debian 12 and npm do not have it; `cargo install watchexec-cli --root build/rivals` makes it"
    return None


def version_of(kind):
    try:
        if kind in (Nodemon, Chokidar):
            return json.load(open(f"{RIVALS}/node_modules/{kind.name}/package.json"))["version"]
        ask = {Entr: ["entr"], Inotifywait: ["inotifywait", "--help"], Watchexec: [RIVALS + "/bin/watchexec", "--version"],
               OfBaton: [BUILD + "/baton", "--version"]}[kind]
        said = subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return re.search(r"\d+\.[\d.]+\d", said.stdout + said.stderr).group()
    except (OSError, KeyError, AttributeError):
        return "?"


def main():
    wanted = sys.argv[1:]
    kinds = [k for k in (OfBaton, Inotifywait, Entr, Chokidar, Watchexec, Nodemon)
             if not wanted or any(k.name.startswith(w) for w in wanted)]
    where = f"{work}/big"
    big_tree(where)
    say(f"{files} files in {files // 10} directories, delay {delay_ms} ms, {load_average()}")
    say(f"{'':24}{'ready s':>9}{'MB':>8}{'watches':>9}{'latency ms':>12}{'most':>7}{'lost':>6}  nested missed")
    there = []
    for kind in kinds:
        if (why := have(kind)) is not None:
            say(f"{kind.name:24}cannot be had: {why}")
            continue
        there.append(kind)
        r = on_the_big_tree(kind, where)
        say(f"{kind.name + ' ' + version_of(kind):24}{r['ready_s']:9.2f}{r['memory_mb']:8.1f}{r['watches']:9}"
            f"{r['latency_ms']:12.1f}{r['latency_most_ms']:7.1f}{r['lost']:6}  {r['nested']}")
        if kind is OfBaton:
            reloads = reloads_on_the_big_tree(where)
            for what, times in (("a reload, where nothing is built", reloads),
                                ("a build, its record on the disk; the rest is the fence", r["decisions"])):
                say(f"{'':24}{what}: {median(times):.2f} ms after the delay ({max(times, default=0):.2f} at most)")
    say()
    say(f"{'':24}" + "".join(f"{name:>19}" for name in BEHAVIOUR))
    for kind in there:
        said = []
        for test in BEHAVIOUR.values():
            said.append("seen" if test(kind) else "MISSED")
        say(f"{kind.name:24}" + "".join(f"{word:>19}" for word in said))


main()
