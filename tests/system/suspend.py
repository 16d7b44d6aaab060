"""suspend.py - what stops baton and its worker, and how both go on, with a terminal and without."""
import os
import signal
import tempfile

from initlib import (BATON, SIGNALLED, Baton, eventually, main, read_proc, same, signalled, state,
                     tree)
from ptylib import BASH, PROMPT, Terminal

SUSPENDING = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
INTR, SUSPEND, END = b'\x03', b'\x1a', b'\x04'


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


def test_suspended_to_background():
    """^Z and bg: it goes on without the terminal, and after fg ^C reaches it again"""
    terminal = Terminal(*BASH)
    terminal.until(PROMPT)
    terminal.type(f'"{BATON}" -- {SIGNALLED} --end 10')
    worker = int(terminal.until(r'ready (\d+)\n').group(1))
    # this worker takes TSTP: stop it as one that does not
    os.kill(worker, signal.SIGSTOP)
    terminal.type(SUSPEND)
    baton = eventually(lambda: next(p for p in tree(terminal.pid) if worker in tree(p)), 'baton')
    os.kill(baton, signal.SIGTSTP)
    terminal.until('Stopped')
    terminal.type('bg')
    eventually(lambda: state(worker) in 'SR', 'the worker goes on')
    terminal.type('echo still $((6 * 7))')
    terminal.until('still 42')
    same(terminal.foreground(), terminal.pid, 'in the foreground')
    terminal.type('fg')
    eventually(lambda: terminal.foreground() != terminal.pid, 'the shell gives it away')
    terminal.type(INTR)
    terminal.until(r'\b2\n')
    os.kill(baton, signal.SIGUSR1)
    terminal.until('gone')
    terminal.until(PROMPT)


def test_suspend_key():
    """^Z while baton runs below a shell: the prompt comes back, and fg goes on, a pipeline too"""
    terminal = Terminal(*BASH)
    for command in ('cat', 'sh -c "cat | cat"'):
        terminal.until(PROMPT)
        terminal.type(f'"{BATON}" -- {command}')
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


def test_foreground_after_background():
    """^Z, bg and fg: a worker that reads has the terminal again"""
    place = tempfile.mkdtemp(prefix='baton-suspend.')
    terminal = Terminal(*BASH)
    terminal.until(PROMPT)
    terminal.type(f'"{BATON}" -- sh -c "while [ ! -e {place}/go ]; do sleep 0.05; done; cat"')
    eventually(lambda: b'sleep\n' in [read_proc(p, 'comm') for p in tree(terminal.pid)], 'it runs')
    terminal.type(SUSPEND)
    terminal.until('Stopped')
    terminal.type('bg')
    terminal.until(PROMPT)
    terminal.type('fg')
    eventually(lambda: terminal.foreground() != terminal.pid, 'the shell gives it away')
    with open(place + '/go', 'w', encoding='utf-8'):
        pass
    terminal.type('hello')
    terminal.until('hello\n')
    terminal.type(END)
    terminal.until(PROMPT)


if __name__ == '__main__':
    main(globals())
