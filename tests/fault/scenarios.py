"""scenarios.py - what is done to a baton while one of its calls fails, and what must hold then."""
import os
import re
import signal

from subject import BUILD, Subject, Visitor, free_port, get, wait_until

SERVING_S, WORKER_S, BUILT_S, END_S, PLAIN_S = 2.5, 2.5, 2.5, 2.5, 2.5
SPINS = 3000    # calls more than usual
EPOLL = os.path.join(BUILD, "workers", "epoll")


class Seen:
    """What one run showed: violations, an outcome for the table, and figures to compare with."""

    def __init__(self):
        self.wrong, self.outcome, self.failed = [], "", None
        self.calls, self.descriptors, self.log, self.report = 0, 0, "", ""


def sentences(text):
    """Lines without what differs from run to run."""
    return {re.sub(r"\d+(\.\d+)?", "N", line) for line in text.splitlines() if line.strip()}


def new_sentences(log, usual):
    """What was said that is not said in a run without a failing call."""
    return sentences(log) - (sentences(usual.log) if usual else set())


def finish(subject, seen, usual):
    """What must hold in every scenario, looked at after the end."""
    seen.log, seen.report = subject.text("log"), subject.text("report")
    seen.failed = subject.reported("failed")
    seen.calls = int(subject.reported("calls") or 0)
    crash = subject.reported("crash")
    if crash:
        seen.wrong.append(f"crashed: {crash}")
    ended = subject.reported("ended")
    if ended and ended.startswith("signal"):
        seen.wrong.append(f"was ended by {ended}")
    left = [line for line in seen.report.splitlines() if line.startswith("left ")]
    if left:
        seen.wrong.append("left processes behind: " + ", ".join(left))
    if usual and seen.calls > 3 * usual.calls + SPINS:
        seen.wrong.append(f"spun: {seen.calls} calls instead of {usual.calls}")


def judge_early_end(seen, status, usual):
    """It ended before it served: with a sentence and not as if all were well."""
    seen.outcome = f"ended at start with {status}"
    if status == 0:
        seen.wrong.append("ended with 0 before it served")
    if not new_sentences(seen.log, usual):
        seen.wrong.append(f"ended with {status} without a sentence")


def status_works(subject, seen):
    """Asked twice: the one call that fails may cost an answer."""
    for _ in range(2):
        code, text = subject.client("status")
        if code == 0:
            return True
    if "control" not in subject.text("log"):
        seen.wrong.append(f"status does not answer, and nobody said why: {text.strip()}")
    return False


def reload_works(subject, seen):
    """Once it may fail with a sentence, not twice."""
    for attempt in range(2):
        code, text = subject.client("reload")
        if code == 0:
            seen.outcome += ", a reload failed" if attempt else ""
            return
        if not text.strip():
            seen.wrong.append(f"reload failed ({code}) without a sentence")
    seen.wrong.append(f"reload failed twice ({code}): {text.strip().splitlines()[-1:]}")


def leave(visitor, subject, seen):
    """No request may have failed; but without steering a handoff can cost one, as baton then said."""
    bad = visitor.stop()
    if not bad:
        return
    what = f"{len(bad)} requests failed: {sorted(set(map(str, bad)))}"
    if "wait in one queue" in subject.text("log"):
        seen.outcome += f", {what} in one queue"
    else:
        seen.wrong.append(what)


def hand_over(subject, seen, port):
    """Status and a reload, with somebody asking all the while."""
    visitor = Visitor(port)
    visitor.start()
    if status_works(subject, seen):
        reload_works(subject, seen)
    else:
        seen.outcome += ", without control socket"
        subject.signal(signal.SIGHUP)
        wait_until(1, lambda: "is draining" in subject.text("log"))
    leave(visitor, subject, seen)


def lose_worker(subject, seen, port):
    if not wait_until(1, lambda: subject.kill_worker(EPOLL)):
        seen.wrong.append("no worker is there to be killed")
    if not wait_until(WORKER_S, lambda: get(port, 0.3) == 200):
        seen.wrong.append(f"does not serve after its worker was killed: {get(port)}")


def ask_to_end(subject, seen, wanted, usual):
    subject.signal(signal.SIGTERM)
    status = subject.end(END_S)
    if status is None:
        seen.wrong.append(f"does not end within {END_S} s after TERM")
    elif status != wanted:
        seen.log = subject.text("log")
        seen.outcome += f", ended with {status}"
        if status == 0 or not new_sentences(seen.log, usual):
            seen.wrong.append(f"ended with {status} instead of {wanted}, and did not say why")


def serving(fault, usual=None, variables=()):
    """A declared listener: serves, answers, hands over, loses a worker, ends."""
    port, seen = free_port(), Seen()
    settings = {"BATON_LISTEN": f"127.0.0.1:{port}", "BATON_STOP_TIMEOUT": "1s",
                "BATON_READY_TIMEOUT": "1s", "BATON_DRAIN_TIMEOUT": "300ms",
                "BATON_RESTART_DELAY": "10ms..50ms", **dict(variables)}
    with Subject([EPOLL, "--port", str(port)], settings, fault) as subject:
        serves = wait_until(SERVING_S, lambda: get(port, 0.3) == 200 or not subject.running())
        if not subject.running():
            seen.log = subject.text("log")
            judge_early_end(seen, subject.end(0), usual)
        elif not serves:
            seen.wrong.append(f"does not serve after {SERVING_S} s")
        else:
            seen.outcome = "served"
            hand_over(subject, seen, port)
            lose_worker(subject, seen, port)
            most = usual.descriptors if usual else 0
            wait_until(0.8 if usual else 0.5, lambda: usual and subject.descriptors() <= most)
            seen.descriptors = subject.descriptors()
            if usual and seen.descriptors > most:
                seen.wrong.append(f"has {seen.descriptors} descriptors open instead of {most}")
        if subject.running():
            ask_to_end(subject, seen, 0, usual)
        finish(subject, seen, usual)
    return seen


def write_page(site, text):
    with open(os.path.join(site, "src", "page"), "w") as page:
        page.write(text)


def prepare_site(site):
    os.mkdir(os.path.join(site, "src"))
    write_page(site, "one")


def is_live(subject, text):
    try:
        with open(os.path.join(subject.site, "dist", "page")) as page:
            return page.read() == text
    except OSError:
        return False


def release(subject, seen, port, usual):
    """A saved file is built, served and live; if not by itself, then when asked for twice."""
    visitor = Visitor(port)
    visitor.start()
    write_page(subject.site, "two")
    if not wait_until(BUILT_S, lambda: is_live(subject, "two")):
        seen.outcome += ", a saved file was not built by itself"
        codes = [subject.client("build", patience=BUILT_S)[0] for _ in range(2)]
        if not wait_until(BUILT_S, lambda: is_live(subject, "two")):
            seen.wrong.append(f"the release that was asked for (baton build: {codes}) is not live")
        elif not new_sentences(subject.text("log"), usual):
            seen.wrong.append("a saved file was not built, and nobody said why")
    leave(visitor, subject, seen)


def living(fault, usual=None):
    """With builds: a file is saved, a release built, handed over to and put in its place."""
    port, seen = free_port(), Seen()
    settings = {"BATON_LISTEN": f"127.0.0.1:{port}", "BATON_STOP_TIMEOUT": "1s",
                "BATON_READY_TIMEOUT": "1s", "BATON_DRAIN_TIMEOUT": "300ms",
                "BATON_RESTART_DELAY": "10ms..50ms", "BATON_WATCH": "src",
                "BATON_WATCH_DELAY": "20ms", "BATON_BUILD": 'cp src/page "$BATON_OUT"',
                "BATON_LIVE": "dist"}
    with Subject([EPOLL, "--port", str(port)], settings, fault, prepare=prepare_site) as subject:
        serves = wait_until(SERVING_S, lambda: get(port, 0.3) == 200 or not subject.running())
        if not subject.running():
            seen.log = subject.text("log")
            judge_early_end(seen, subject.end(0), usual)
        elif not serves:
            seen.wrong.append(f"does not serve after {SERVING_S} s")
        else:
            seen.outcome = "served"
            wait_until(1, lambda: "watching" in subject.text("log"))
            release(subject, seen, port, usual)
        if subject.running():
            ask_to_end(subject, seen, 0, usual)
        finish(subject, seen, usual)
    return seen


def judge_plain(seen, status, wanted, usual):
    seen.outcome += f"ended with {status}"
    if status is None:
        seen.wrong.append(f"hangs: did not end within {PLAIN_S} s")
    elif status == 0:
        seen.wrong.append("ended with 0")
    elif status != wanted and not new_sentences(seen.log, usual):
        seen.wrong.append(f"ended with {status} instead of {wanted} without a sentence")


def run_plain(command, wanted, fault, usual, below, term_when=None):
    seen = Seen()
    with Subject(command, {"BATON_STOP_TIMEOUT": "1s"}, fault, below) as subject:
        if term_when and wait_until(PLAIN_S, lambda: term_when(subject) or not subject.running()):
            subject.signal(signal.SIGTERM)
        status = subject.end(PLAIN_S)
        seen.log = subject.text("log")
        judge_plain(seen, status, wanted, usual)
        if status is None:
            subject.signal(signal.SIGTERM)
            if subject.end(END_S) is None:
                seen.wrong.append("TERM does not end it either")
        finish(subject, seen, usual)
    return seen


def plain(fault, usual=None):
    """A command that ends by itself."""
    return run_plain(["sh", "-c", "sleep 0.1; exit 7"], 7, fault, usual, False)


def below(fault, usual=None):
    """The same, not as PID 1, and with something left behind in a session of its own."""
    return run_plain(["sh", "-c", "setsid sleep 100 & sleep 0.1; exit 7"], 7, fault, usual, True)


def asked(fault, usual=None):
    """A command that TERM ends."""
    return run_plain(["sleep", "100"], 143, fault, usual, False,
                     lambda s: any(c.startswith("sleep") for _, c in s.descendants()))


SCENARIOS = {"serving": serving, "plain": plain, "below": below, "asked": asked,
             "living": living}
