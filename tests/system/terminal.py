"""terminal.py - baton on a terminal: job control, ^C, ^Z, who is in the foreground, hanging up."""
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import time

from initlib import (BATON, NAMESPACE, SIGNALLED, Skip, alive, eventually, main, read_proc, run,
                     same, shell, state, tree)
from ptylib import BASH, PROMPT, Terminal

INTR, SUSPEND, END = b'\x03', b'\x1a', b'\x04'


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
    terminal = on_terminal(*BASH)
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
    terminal = Terminal(*BASH)
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
    terminal = Terminal(*BASH)
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


def test_pid1():
    """PID 1 on a terminal, as with docker run -it: a shell has job control, ^C and ^Z"""
    if os.geteuid() != 0:
        raise Skip('only root can make it PID 1 here')
    terminal = Terminal(*NAMESPACE, BATON, '--', *BASH)
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
    terminal.type('exit 6')
    said = terminal.rest()
    same(terminal.wait(), 6)
    assert 'job control' not in said, said


def test_redirected():
    """with stdin, or stdin and stderr, not the terminal, ^C still reaches the worker"""
    for redirection in ('</dev/null', '</dev/null 2>/dev/null'):
        terminal = Terminal(*BASH)
        terminal.until(PROMPT)
        terminal.type(f'"{BATON}" -- {SIGNALLED} --end 2 --code 9 {redirection}')
        terminal.until(r'ready \d+\n')
        terminal.type(INTR)
        terminal.until(r'\b2\n')
        terminal.until(PROMPT)
        terminal.type('echo status=$?')
        same(terminal.until(r'status=(\d+)').group(1), '9', redirection)
        terminal.type('exit')
        terminal.wait()


def test_hang_up():
    """when the terminal goes away baton and its worker end"""
    terminal = on_terminal('sleep', '100')
    eventually(lambda: len(tree(terminal.pid)) == 2, 'keeper and worker')
    below = tree(terminal.pid)
    os.close(terminal.fd)
    terminal.wait()
    eventually(lambda: not [p for p in below if alive(p)], 'all are gone')


if __name__ == '__main__':
    main(globals())
