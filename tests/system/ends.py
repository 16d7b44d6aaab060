"""ends.py - how it ends: with which status, what is asked to end, and how long that takes."""
import os
import re
import signal
import tempfile
import time

from initlib import (PID1_OR_NOT, SIGNALLED, Baton, alive, eventually, main, run, same, service,
                     shell, signalled, state, tree)

CODES = range(256)
SOON = 0.3      # after the last one's end, of a machine that has other things to do


def test_codes():
    """the worker's exit code is baton's, and nothing is said, not even of 126 and 127"""
    for code in CODES:
        same(run(*shell(f'exit {code}')), (code, '', ''))


def test_codes_of_pid1():
    """the same as PID 1"""
    for code in (0, 3, 127, 255):
        same(run(*shell(f'exit {code}'), pid1=True), (code, '', ''))


def test_signals():
    """a worker that a signal ended: 128 and its number"""
    for number in (1, 2, 3, 6, 9, 10, 11, 13, 15, 36, 64):
        same(run(*shell(f'ulimit -c 0; kill -{number} $$'))[::2], (128 + number, ''))


def cannot(command, wanted, why, **how):
    status, _, said = run(*command, **how)
    same(status, wanted, command[0])
    name = re.escape(command[0])
    assert re.fullmatch(f"(baton: )?cannot run '{name}': {why}\n", said), f'{command[0]}: {said!r}'


def test_not_run():
    """what is not there gives 127, what cannot be run 126, with one line that names it"""
    place = tempfile.mkdtemp(prefix='baton-ends.')
    with open(place + '/text', 'w', encoding='utf-8') as file:
        file.write('no program')
    for pid1 in PID1_OR_NOT:
        cannot([place + '/absent'], 127, 'No such file or directory', pid1=pid1)
        cannot(['no-such-program', 'x'], 127, 'No such file or directory', pid1=pid1)
        cannot([place], 126, 'Permission denied', pid1=pid1)
        cannot([place + '/text'], 126, 'Permission denied', pid1=pid1)
    cannot([place + '/text/below'], 126, 'Not a directory')
    cannot([place + '/absent'], 127, 'No such file or directory', dashes=False)


def test_no_interpreter():
    """a script whose interpreter is not there gives 126, and the line says that it is that one"""
    with tempfile.TemporaryDirectory(prefix='b', dir='/tmp') as place:
        with open(place + '/script', 'w', encoding='utf-8') as file:
            file.write('#!/bin/sh\r\nexit 0\r\n')   # as an editor of another system writes it
        os.chmod(place + '/script', 0o755)
        cannot([place + '/script'], 126, 'its interpreter: No such file or directory')


def test_exit_ok():
    """BATON_EXIT_OK: its codes become 0, all others stay"""
    for code in CODES:
        same(run(*shell(f'exit {code}'), variables={'EXIT_OK': str(code)}), (0, '', ''), 'alone')
        others = ','.join(str(n) for n in range(256) if n != code)
        same(run(*shell(f'exit {code}'), variables={'EXIT_OK': others}), (code, '', ''), 'others')


def test_exit_ok_signal():
    """BATON_EXIT_OK=143: a worker that TERM ended is a success"""
    baton = Baton(*shell('echo ready 1; exec sleep 100'), variables={'EXIT_OK': '143'})
    baton.ready()
    baton.below(b'sleep')
    baton.signal(signal.SIGTERM)
    same(baton.wait(), 0)


def family(script, count, **how):
    """Start it, wait until so many of its processes are ready."""
    baton = Baton(*shell(script), **how)
    for _ in range(count):
        assert ' ready ' in baton.line(), 'not ready'
    return baton


def lines_until_end(baton):
    """What comes until the end of baton, the instant of that, and all lines."""
    status = baton.wait(20)
    ended = time.monotonic()
    return status, ended, (baton.lines.rest + baton.process.stdout.read()).decode().split('\n')


def gone_at(lines, name):
    """When that one said that it goes, in seconds."""
    return next(int(line.split()[-1]) / 1000 for line in lines if line.startswith(f'{name} gone'))


def test_left_behind():
    """what the worker leaves is asked to end: its group, a daemon, the daemon's child"""
    script = f'''{SIGNALLED} --name near --end 15 &
        setsid sh -c '{SIGNALLED} --name deep --end 15 & exec {SIGNALLED} --name far --end 15' &
        read -r line <"$0"; exit 6'''
    for pid1 in PID1_OR_NOT:
        fifo = tempfile.mkdtemp(prefix='baton-ends.') + '/fifo'
        os.mkfifo(fifo)
        baton = Baton('sh', '-c', script, fifo, pid1=pid1)
        for _ in range(3):
            assert ' ready ' in baton.line(), 'not ready'
        with open(fifo, 'w', encoding='utf-8') as file:
            file.write('go\n')
        status, ended, lines = lines_until_end(baton)
        same(status, 6, 'exit status')
        for name in ('near', 'deep', 'far'):
            assert f'{name} 15' in lines, f'{name} was not asked: {lines}'
            assert ended - gone_at(lines, name) < SOON, f'{name}: {ended - gone_at(lines, name)} s'
        same(baton.said(), '', 'on stderr')


def test_awaited():
    """one that needs a second to clean up gets it, and baton leaves when it has gone"""
    for start in ('', 'setsid '):
        baton = family(f'''{start}{SIGNALLED} --name slow --end 15 --after 1000 &
            exec {SIGNALLED} --name w --end 10 --code 8''', 2)
        baton.signal(signal.SIGUSR1)
        status, ended, lines = lines_until_end(baton)
        same(status, 8, 'exit status')
        after = ended - gone_at(lines, 'slow')
        assert 0 <= after < SOON, f'it left {after:.3f} s after the last one'


def test_killed_in_time():
    """one that ignores TERM is killed after BATON_STOP_TIMEOUT"""
    for start in ('', 'setsid '):
        baton = family(f'{start}{SIGNALLED} --name stubborn & exec {SIGNALLED} --name w --end 10',
                       2, variables={'STOP_TIMEOUT': '1s'})
        below = tree(baton.pid)
        baton.signal(signal.SIGUSR1)
        status, ended, lines = lines_until_end(baton)
        same(status, 0, 'exit status')
        took = ended - gone_at(lines, 'w')
        assert 0.8 < took < 1 + SOON + 0.2, f'it took {took:.3f} s'
        same([pid for pid in below if alive(pid)], [], 'left over')


def test_worker_killed():
    """a worker that ignores TERM is killed after BATON_STOP_TIMEOUT, and the status says so"""
    for pid1 in PID1_OR_NOT:
        baton = signalled(pid1=pid1, variables={'STOP_TIMEOUT': '500ms'})
        began = time.monotonic()
        baton.signal(signal.SIGTERM)
        same(baton.wait(4), 137)
        took = time.monotonic() - began
        assert 0.4 < took < 0.5 + SOON + 0.2, f'it took {took:.3f} s'


def test_worker_and_rest():
    """TERM: the worker is asked first, the rest when it has gone, and both are waited for"""
    baton = family(f'''setsid {SIGNALLED} --name rest --end 15 --after 300 &
        exec {SIGNALLED} --name w --end 15 --after 300 --code 3''', 2)
    baton.signal(signal.SIGTERM)
    status, ended, lines = lines_until_end(baton)
    same(status, 3, 'exit status')
    assert lines.index('w 15') < lines.index('rest 15'), f'the order: {lines}'
    assert 0 <= ended - gone_at(lines, 'rest') < SOON, f'{ended - gone_at(lines, "rest")} s'


def test_new_while_ending():
    """what is forked while the rest is ended does not escape"""
    baton = family(f'''setsid sh -c 'trap "" TERM; while :; do sleep 0.02 & wait; done' &
        exec {SIGNALLED} --name w --end 10 --code 2''', 1, variables={'STOP_TIMEOUT': '300ms'})
    eventually(lambda: len(tree(baton.pid)) > 3, 'it forks')
    below = tree(baton.pid)
    baton.signal(signal.SIGUSR1)
    same(baton.wait(3), 2)
    same([pid for pid in below if alive(pid)], [], 'left over')


def test_no_pause():
    """nothing is slept: true and sleep 0.1 end at once"""
    for pid1 in PID1_OR_NOT:
        for command, most in ((('true',), 0.1), (('sleep', '0.1'), 0.2)):
            took = []
            for _ in range(5):
                began = time.monotonic()
                same(run(*command, pid1=pid1)[0], 0)
                took.append(time.monotonic() - began)
            assert sorted(took)[2] < most, f'{command[0]}: {took}'


def test_hurried():
    """a second TERM ends the waiting for what the worker left behind"""
    baton = family(f'setsid {SIGNALLED} --name stubborn & exec {SIGNALLED} --name w --end 15', 2)
    baton.signal(signal.SIGTERM)
    while baton.line() != 'stubborn 15':
        pass
    baton.signal(signal.SIGTERM)
    same(baton.wait(1.5), 0)


def test_service_hurried():
    """a second TERM hurries a service: it does not wait for its worker until it is killed"""
    baton = service('--after', '8000', STOP_TIMEOUT='20s')
    baton.signal(signal.SIGTERM)
    same(baton.line(), '15')
    baton.signal(signal.SIGTERM)
    baton.wait(3)


def test_stopped():
    """a stopped worker ends on TERM, and so does what it left stopped"""
    for pid1 in PID1_OR_NOT:
        baton = Baton(*shell('echo ready 1; exec sleep 100'), pid1=pid1)
        baton.ready()
        worker = baton.below(b'sleep')
        os.kill(worker, signal.SIGSTOP)
        eventually(lambda: state(worker) == 'T', 'it stops')
        baton.signal(signal.SIGTERM)
        same(baton.wait(2), 143)
    baton = Baton(*shell('setsid sh -c "kill -STOP \\$\\$" & sleep 0.2; exit 5'))
    same(baton.wait(2), 5)


if __name__ == '__main__':
    main(globals())
