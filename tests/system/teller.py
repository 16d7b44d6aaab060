"""A worker that says things as sd_notify(3) does.

    teller.py [WORD...]

Each WORD is done in order; then it stays until TERM, whose handler does what follows the word `term`.
  say:A\\nB  barrier  foreign:A  child:A  sleep:S  long  store:NAME[,poll0]  hang:NAME  forget:NAME
  given:FILE (what LISTEN_FDS names)  alive:TIMES,EVERY  main  end:CODE  write:FILE  once:FILE (go on
  only the first time, else skip to the next `then`)  then
"""
import os
import select
import signal
import socket
import sys
import time

where = os.environ["NOTIFY_SOCKET"]
address = "\0" + where[1:] if where[0] == "@" else where
kept = []


def say(text, fds=()):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(address)
    if fds:
        socket.send_fds(s, [text.encode()], list(fds))
    else:
        s.send(text.encode())
    s.close()


def barrier():
    r, w = os.pipe()
    say("BARRIER=1", [w])
    os.close(w)
    poll = select.poll()
    poll.register(r, select.POLLHUP)
    assert poll.poll(5000), "the barrier was not lifted"
    os.close(r)


def child(text):
    pid = os.fork()
    if pid == 0:
        say(text)
        barrier()
        os._exit(0)
    os.waitpid(pid, 0)


def store(what):
    name, _, poll = what.partition(",")
    fd = os.memfd_create("stored")
    os.write(fd, name.encode())
    say("FDSTORE=1\nFDNAME=" + name + ("\nFDPOLL=0" if poll else ""), [fd])
    os.close(fd)


def hang(name):
    """One whose other end goes away in a second."""
    one, other = socket.socketpair()
    say("FDSTORE=1\nFDNAME=" + name, [one.fileno()])
    one.close()
    kept.append(other)


def given(path):
    names = os.environ.get("LISTEN_FDNAMES", "").split(":") if "LISTEN_FDS" in os.environ else []
    assert not names or os.environ["LISTEN_PID"] == str(os.getpid())
    with open(path + ".new", "w") as f:
        for i, name in enumerate(names):
            link = os.readlink("/proc/self/fd/%d" % (3 + i)).split(" ")[0].split(":")[0]
            print(name, link, file=f)
    os.rename(path + ".new", path)


def alive(how):
    times, every = how.split(",")
    for _ in range(int(times)):
        say("WATCHDOG=1")
        time.sleep(float(every))


def main():
    """Go to the background, and say who we are now."""
    first = os.getpid()
    if os.fork():
        time.sleep(30)		# until the other one ends us: it must have been heard before
        os._exit(0)
    say("MAINPID=%d\nREADY=1" % os.getpid())
    barrier()
    os.kill(first, signal.SIGKILL)


def do(words):
    skipping = False
    for word in words:
        name, _, rest = word.partition(":")
        rest = rest.replace("\\n", "\n")
        if name == "then":
            skipping = False
        if skipping or name == "then":
            continue
        if name == "say":
            say(rest)
        elif name == "sleep":
            time.sleep(float(rest))
        elif name == "barrier":
            barrier()
        elif name == "child":
            child(rest)
        elif name == "long":
            say("READY=1\nSTATUS=" + "x" * 8000)
        elif name == "store":
            store(rest)
        elif name == "hang":
            hang(rest)
        elif name == "drop":
            kept.clear()
        elif name == "forget":
            say("FDSTOREREMOVE=1\nFDNAME=" + rest)
        elif name == "given":
            given(rest)
        elif name == "alive":
            alive(rest)
        elif name == "main":
            main()
        elif name == "write":
            open(rest, "w").close()
        elif name == "once":
            skipping = os.path.exists(rest)
            open(rest, "w").close()
        elif name == "end":
            os._exit(int(rest))
        else:
            sys.exit("teller: no such word: " + word)


words = sys.argv[1:]
last = words[words.index("term") + 1:] if "term" in words else []


def on_term(*_):
    do(last)
    os._exit(0)


signal.signal(signal.SIGTERM, on_term)
do(words[:words.index("term")] if "term" in words else words)
while True:
    signal.pause()
