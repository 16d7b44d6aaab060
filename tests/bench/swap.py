#!/usr/bin/env python3
"""What a server finds at `dist` while it is replaced: nothing at all for an instant, or always a release.

    swap.py

The same loop of opens of one file in it, at least OPENS (1,000,000), over SWAPS (500) swaps: by two renames, as
scripts do it (mv dist dist_old; mv dist_temp dist), by the same two in one process, and by baton's store, which moves a
link.
"""
from common import *

opens, swaps = number_of("OPENS", 1000000), number_of("SWAPS", 500)
site = os.path.join(work, "site")

PAUSE = 0.005


def lay_out():
    shutil.rmtree(site, ignore_errors=True)
    for way in (".baton/releases/1", ".baton/releases/2", "dist_temp", "dist_first"):
        os.makedirs(os.path.join(site, way))
        with open(os.path.join(site, way, "page"), "w") as f:
            f.write("page of " + way)
    os.chdir(site)


def by_mv(n):
    subprocess.run("mv dist dist_old; mv dist_temp dist; mv dist_old dist_temp", shell=True, check=True)


def by_rename(n):
    os.rename("dist", "dist_old")
    os.rename("dist_temp", "dist")
    os.rename("dist_old", "dist_temp")    # what is built next


def by_store(n):
    """The role, as PID 1 starts it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    binary = os.open(os.path.join(BUILD, "baton"), os.O_PATH)

    def place():
        for fd, to in ((theirs.fileno(), 100), (binary, 101)):
            os.dup2(fd, to)
        os.dup2(100, 3)
        os.dup2(101, 4)
    environment = {"PATH": os.environ["PATH"], "BATON_LIVE": "dist", "BATON_BUILD": "true", "BATON_LOG_LEVEL": "error"}
    subprocess.run([os.path.join(BUILD, "baton"), "store", "web", "publish", str(1 + n % 2)], env=environment,
                   close_fds=False, preexec_fn=place, check=True)
    ours.close()
    theirs.close()
    os.close(binary)


def measure(name, swap, begin):
    lay_out()
    begin()
    looking = subprocess.Popen([os.path.join(BUILD, "bench-opens"), "dist/page", str(opens)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    looking.stdout.readline()
    took = 0
    for n in range(1, swaps + 1):
        began = time.monotonic()
        swap(n)
        took += time.monotonic() - began
        time.sleep(PAUSE)
    out, _ = looking.communicate()
    made, failed, longest = map(int, out.split())
    say(f"{name:<44} {made:>10,} {failed:>10,} {longest / 1000:>10.2f} ms {took / swaps * 1000:>8.1f} ms")


say(f"opens of dist/page while dist is replaced {swaps} times; {load_average()}")
say(f"{'how':<44} {'opens':>10} {'failed':>10} {'longest gap':>13} {'a swap':>11}")
measure("mv dist dist_old; mv dist_temp dist", by_mv, lambda: os.rename("dist_first", "dist"))
measure("the same two renames in one process", by_rename, lambda: os.rename("dist_first", "dist"))
measure("baton's store: a link that is renamed over", by_store, lambda: os.symlink(".baton/releases/1", "dist"))
