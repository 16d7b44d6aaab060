"""terminal.py - baton on a terminal: job control, ^C, ^Z, who is in the foreground, hanging up."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from initlib import (BATON, SIGNALLED, Baton, alive, environment, eventually, main, read_proc, run,
                     same, shell, signalled, state, tree)

SUSPENDING = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
PROMPT = '@@'
INTR, SUSPEND, END = b'\x03', b'\x1a', b'\x04'


def quiet(terminal):
    """No echo, and output as it was written."""
    attributes = termios.tcgetattr(terminal)
    attributes[1] &= ~termios.OPOST
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)


class Terminal:
    """A session on a terminal of its own, led by the command."""

    def __init__(self, *command, **variables):
        env = environment(PS1=PROMPT, ENV='/dev/null', **variables)
        self.pid, self.fd = pty.fork()
        quiet(self.fd if self.pid else 0)       # on both sides, whoever is first
        if self.pid == 0:
            try:
                os.execvpe(command[0], command, env)
            finally:
                os._exit(99)
        self.text = ''

    def type(self, what):
        os.write(self.fd, what if isinstance(what, bytes) else what.encode() + b'\n')

    def read(self, seconds):
        """What comes next, an empty string at the end, None when nothing came."""
        if not select.select([self.fd], [], [], max(seconds, 0))[0]:
            return None
        try:
            got = os.read(self.fd, 4096).decode(errors='replace')
        except OSError:     # EIO: nobody has the terminal open any more
            got = ''
        self.text += got
        return got

    def until(self, pattern, seconds=5.0):
        """Read until it matches, and forget what came up to there. Gives the match."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            left = end - time.monotonic()
            got = self.read(left)
            assert got and left > 0, f'{pattern!r} does not come; {self.text[-200:]!r}'
        self.text = self.text[found.end():]
        return found

    def rest(self, seconds=5.0):
        """All until the end."""
        end = time.monotonic() + seconds
        while self.read(end - time.monotonic()) != '':
            assert time.monotonic() < end, f'no end; {self.text[-200:]!r}'
        return self.text

    def wait(self, seconds=5.0):
        """Its exit status, negative for a signal."""
        eventually(lambda: state(self.pid) in 'ZX', 'it ends', seconds)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def foreground(self):
        return os.tcgetpgrp(self.fd)


def on_terminal(*command, **how):
    """baton as the leader of the session, with this worker."""
    return Terminal(BATON, '--', *command, **how)


def test_tac():
    """tac over a terminal: its output and nothing else"""
    terminal = on_terminal('tac')
    terminal.type(b'1\n2\n3\n' + END + END)
    same(terminal.rest(), '3\n2\n1\n')
    same(terminal.wait(), 0)


def test_job_control():
    """bash -m and sh -i below baton have job control and do not complain"""
    for command in (('bash', '--norc', '-m'), ('bash', '--norc', '-i'), ('sh', '-i')):
        terminal = on_terminal(*command)
        terminal.type('echo "flags=[$-]"')
        flags = terminal.until(r'flags=\[(\w+)\]\n').group(1)
        assert 'm' in flags, f'{command}: {flags}'
        terminal.type('exit 4')
        said = terminal.rest()
        same(terminal.wait(), 4, f'{command}')
        assert 'job control' not in said and 'tty' not in said, f'{command}: {said!r}'


def test_jobs():
    """a shell below baton: ^Z and fg, ^C, a background job that reads is stopped"""
    terminal = on_terminal('bash', '--norc', '-i')
    terminal.until(PROMPT)
    terminal.type('cat')
    terminal.type('hello')
    terminal.until('hello\n')
    terminal.type(SUSPEND)
    terminal.until('Stopped')
    terminal.type('fg')
    terminal.type('again')
    terminal.until('again\n')
    terminal.type(INTR)
    terminal.until(PROMPT)
    terminal.type('echo status=$?')
    same(terminal.until(r'status=(\d+)').group(1), '130')
    terminal.type('cat &')
    terminal.until(r'\[1\] \d+')
    terminal.type('while ! jobs | grep -q Stopped; do sleep 0.05; done; fg')
    terminal.type('at last')
    terminal.until('at last\n')
    terminal.type(INTR)
    terminal.until(PROMPT)
    terminal.type('exit 7')
    terminal.rest()
    same(terminal.wait(), 7)


def test_intr():
    """^C reaches the worker once; one that it ends gives 130"""
    terminal = on_terminal(SIGNALLED)
    terminal.until(r'ready \d+\n')
    terminal.type(INTR)
    terminal.until(r'^2\n')
    assert terminal.read(0.2) is None, f'more came: {terminal.text!r}'
    terminal = on_terminal(*shell('echo ready; exec sleep 100'))
    terminal.until('ready')
    eventually(lambda: any(read_proc(p, 'comm') == b'sleep\n' for p in tree(terminal.pid)), 'sleep')
    terminal.type(INTR)
    terminal.rest()
    same(terminal.wait(), 130)


def test_no_stray_signal():
    """on a terminal the worker gets no signal that nobody sent"""
    terminal = on_terminal(SIGNALLED)
    terminal.until(r'ready \d+\n')
    assert terminal.read(0.4) is None, f'it got {terminal.text!r}'
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 30, 90, 0, 0))
    terminal.until(f'^{int(signal.SIGWINCH)}\n')


def test_foreground():
    """the worker is in the foreground, and who was there before is there again at the end"""
    terminal = Terminal('bash', '--norc', '-i')
    terminal.until(PROMPT)
    terminal.type(f'"{BATON}" -- {SIGNALLED} --end 2')
    worker = int(terminal.until(r'ready (\d+)\n').group(1))
    same(terminal.foreground(), os.getpgid(worker), 'in the foreground')
    terminal.type(INTR)
    terminal.until(PROMPT)
    same(terminal.foreground(), terminal.pid, 'after it')
    terminal.type(f'sh -c \'"{BATON}" -- true; read -r line; echo "read $line"\'')
    time.sleep(0.3)
    terminal.type('this')
    terminal.until('read this')
    terminal.type('exit')
    terminal.wait()


def test_background():
    """in the background it does not take the terminal, and a worker that reads it is stopped"""
    terminal = Terminal('bash', '--norc', '-i')
    terminal.until(PROMPT)
    terminal.type(f'"{BATON}" -- {SIGNALLED} &')
    worker = int(terminal.until(r'ready (\d+)\n').group(1))
    same(terminal.foreground(), terminal.pid, 'in the foreground')
    assert state(worker) in 'SR', f'the worker is {state(worker)}'
    terminal.type(f'"{BATON}" -- cat &')
    cat = eventually(lambda: next((p for p in tree(terminal.pid)
                                   if read_proc(p, 'comm') == b'cat\n'), None), 'cat runs')
    eventually(lambda: state(cat) == 'T', 'cat is stopped')
    same(terminal.foreground(), terminal.pid, 'in the foreground')
    terminal.type('echo still $((6 * 7))')
    terminal.until('still 42')


def test_no_terminal():
    """stdin without a terminal, closed, or /dev/null: no trouble"""
    for how in (dict(stdin=subprocess.PIPE), dict(start_new_session=True), dict(pid1=True),
                dict(under=('sh', '-c', 'exec "$@" <&-', 'sh')),
                dict(under=('sh', '-c', 'exec "$@" </proc/self/status', 'sh'))):
        same(run(*shell('exit 3'), **how)[::2], (3, ''), f'{how}')


def test_other_terminal():
    """a terminal on stdin that is not its session's: no trouble"""
    ends = pty.openpty()
    same(run(*shell('exit 3'), stdin=ends[1], start_new_session=True)[::2], (3, ''))
    for end in ends:
        os.close(end)


def test_hang_up():
    """when the terminal goes away baton and its worker end"""
    terminal = on_terminal('sleep', '100')
    eventually(lambda: len(tree(terminal.pid)) == 2, 'keeper and worker')
    below = tree(terminal.pid)
    os.close(terminal.fd)
    terminal.wait()
    eventually(lambda: not [p for p in below if alive(p)], 'all are gone')


def suspend_all(worker_stops, **variables):
    """Send what suspends; baton stops, and CONT wakes it."""
    baton = signalled(variables=variables)
    for number in SUSPENDING:
        baton.signal(number)
        if worker_stops:
            eventually(lambda: state(baton.worker) == 'T', f'{number.name}: the worker stops')
        else:
            same(baton.line(), str(int(number)), number.name)
        eventually(lambda: state(baton.pid) == 'T', f'{number.name}: baton stops')
        baton.signal(signal.SIGCONT)
        same(baton.line(), '18', number.name)
        for pid in (baton.pid, baton.worker):
            eventually(lambda: state(pid) in 'SR', f'{number.name}: it goes on')


def test_suspended():
    """TSTP, TTIN, TTOU are forwarded, then baton stops; CONT wakes both"""
    suspend_all(False)


def test_suspended_default():
    """a worker that does nothing about TSTP is stopped with baton"""
    baton = Baton('sleep', '100')
    worker = baton.below(b'sleep')
    for number, wanted in ((signal.SIGTSTP, 'T'), (signal.SIGCONT, 'S')):
        baton.signal(number)
        for pid in (worker, baton.pid):
            eventually(lambda: state(pid) == wanted, f'{pid} is {wanted}')


def test_suspended_worker():
    """BATON_SIGNALS=TSTP:STOP,…: the worker stops too"""
    suspend_all(True, SIGNALS='TSTP:STOP,TTIN:STOP,TTOU:STOP')


def test_suspended_rewritten():
    """rewritten to something else they still stop baton"""
    baton = signalled(variables={'SIGNALS': 'TTIN:TERM,TTOU:INT,TSTP:HUP'})
    for number, arrives in zip(SUSPENDING, (1, 15, 2)):
        baton.signal(number)
        same(baton.line(), str(arrives), number.name)
        eventually(lambda: state(baton.pid) == 'T', f'{number.name}: baton stops')
        baton.signal(signal.SIGCONT)
        same(baton.line(), '18', number.name)
        eventually(lambda: state(baton.pid) in 'SR', 'it goes on')


def test_not_suspended():
    """PID 1 forwards them and does not stop"""
    baton = signalled(pid1=True)
    for number in (*SUSPENDING, signal.SIGCONT, signal.SIGUSR1):
        baton.signal(number)
        same(baton.line(), str(int(number)))
        assert state(baton.pid) in 'SR', f'{number.name}: {state(baton.pid)}'


def test_suspend_key():
    """^Z while baton runs below a shell: the prompt comes back, and fg goes on"""
    terminal = Terminal('bash', '--norc', '-i')
    terminal.until(PROMPT)
    terminal.type(f'"{BATON}" -- cat')
    terminal.type('one')
    terminal.until('one\n')
    terminal.type(SUSPEND)
    terminal.until('Stopped', 3)
    terminal.until(PROMPT)
    terminal.type('fg')
    terminal.type('two')
    terminal.until('two\n', 3)
    terminal.type(END)
    terminal.until(PROMPT)
    terminal.type('exit')
    terminal.wait()


if __name__ == '__main__':
    main(globals())
