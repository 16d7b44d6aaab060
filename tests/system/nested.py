"""nested.py - baton where it is not PID 1: below another init, a script, another baton, a limit."""
import ctypes
import os
import platform
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from initlib import (BATON, PID1_OR_NOT, SIGNALLED, Baton, Lines, Skip, alive, environment,
                     eventually, main, read_proc, run, same, shell, signalled, tree)

USR1, TERM = signal.SIGUSR1, signal.SIGTERM
OTHERS = (('tini', '-s', '--'), ('dumb-init', '--'), ('dumb-init', '-c', '--'), ('catatonit', '--'))


def test_below_others():
    """below tini, dumb-init and catatonit: signals come through, and the status goes back"""
    found = [other for other in OTHERS if shutil.which(other[0])]
    if not found:
        raise Skip('none of them is installed')
    for other in found:
        baton = signalled('--end', '15', '--code', '6', under=other)
        for number in (USR1, TERM):
            os.kill(baton.process.pid, number)
            same(baton.line(), str(int(number)), other[0])
        assert baton.line().startswith('gone '), other[0]
        same(baton.wait(), 6, other[0])
        same(baton.said(), '', f'{other[0]}: on stderr')


def test_below_pid1():
    """a child of PID 1, as with docker run --init: silent, and a subreaper of its own"""
    baton = signalled('--end', '15', '--code', '6', pid1=True,
                      under=('sh', '-c', '"$@"; exit $?', 'sh'))
    for number in (USR1, TERM):
        baton.signal(number)
        same(baton.line(), str(int(number)))
    same(baton.wait(), 6)
    same(baton.said(), '', 'on stderr')


def test_baton_below_baton():
    """baton -- baton -- worker: all comes through, and nothing is said"""
    for pid1 in PID1_OR_NOT:
        baton = signalled('--end', '15', '--code', '6', under=(BATON, '--'), pid1=pid1)
        for number in (signal.SIGHUP, USR1, 40, TERM):
            baton.signal(number)
            same(baton.line(2, f'signal {int(number)}'), str(int(number)))
        same(baton.wait(), 6)
        same(baton.said(), '', 'on stderr')


def test_side_by_side():
    """two batons in one namespace do not know each other"""
    script = f'"{BATON}" -- {SIGNALLED} --name a --end 10 & ' \
             f'"{BATON}" -- {SIGNALLED} --name b & wait'
    with subprocess.Popen(['unshare', '-fp', '--mount-proc', '--kill-child', 'sh', '-c', script]
                          if os.geteuid() == 0 else ['sh', '-c', script],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=environment()) as both:
        lines = Lines(both.stdout.fileno())
        first = sorted([lines.next(), lines.next()])
        same([line.split()[:2] for line in first], [['a', 'ready'], ['b', 'ready']])
        worker = eventually(lambda: next(
            (p for p in tree(both.pid) if read_proc(p, 'cmdline').split(b'\0')[:3]
             == [SIGNALLED.encode(), b'--name', b'a']), None), 'the first worker')
        os.kill(worker, USR1)
        same(lines.next(), 'a 10')
        assert lines.next().startswith('a gone'), 'its end'
        assert lines.silent(0.3), 'the other said something'
        both.kill()


def test_reaps_below():
    """orphans of the worker are reaped by baton, not by the one above"""
    baton = Baton(*shell('sh -c "sleep 0.1 & sleep 0.2 &"; sleep 0.5; exit 3'))
    seen = []
    while baton.process.poll() is None:
        seen.append(len(tree(baton.pid)))
        time.sleep(0.01)
    same(baton.wait(), 3)
    assert max(seen) >= 4, f'the orphans went elsewhere: {max(seen)} below'


def test_own_tree():
    """at its end what is below is ended, daemons too, and nobody else"""
    sibling = subprocess.Popen(['sleep', '50'], env=environment())
    group = subprocess.Popen(['sh', '-c', f'sleep 60 & "{BATON}" -- "$@"; echo $?; exec sleep 70',
                              'sh', 'sh', '-c', f"setsid sh -c '{SIGNALLED} --name far & sleep 80'"
                              f' & exec {SIGNALLED} --name w --end 10 --code 4'],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             start_new_session=True, env=environment(BATON_STOP_TIMEOUT='200ms'))
    lines = Lines(group.stdout.fileno())
    pids = {line.split()[0]: int(line.split()[2]) for line in (lines.next(), lines.next())}
    sleeper = eventually(lambda: [p for p in tree(group.pid) if
                                  b'80' in read_proc(p, 'cmdline').split(b'\0')], 'the daemon')[0]
    os.kill(pids['w'], USR1)
    seen = []
    while not seen or seen[-1] != '4':
        seen.append(lines.next())
    assert 'far 15' in seen, f'the daemon was not asked: {seen}'
    same([p for p in (pids['far'], sleeper) if alive(p)], [], 'left over')
    left = eventually(lambda: len(tree(group.pid)) == 1, 'the one beside it lives')
    assert left and alive(sibling.pid) and alive(group.pid), 'others were ended'


def test_group_of_parent():
    """TERM to baton reaches nobody in the process group of its parent"""
    parent = subprocess.Popen(
        ['sh', '-c', f'{SIGNALLED} --name beside & "{BATON}" -- {SIGNALLED} --end 15; echo $?; '
         'exec sleep 100'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        start_new_session=True, env=environment(BATON_SIGNAL_GROUP='on'))
    lines = Lines(parent.stdout.fileno())
    ready = sorted([lines.next(), lines.next()])
    same(ready[0].split()[:2], ['beside', 'ready'])
    worker = int(ready[1].split()[1])
    inits = [p for p in tree(parent.pid) if worker in tree(p)]
    os.kill(inits[0], TERM)
    same(lines.next(), '15')
    assert lines.next().startswith('gone '), 'the end of the worker'
    same(lines.next(), '0', 'exit status')
    assert lines.silent(), 'the one beside got it too'


def refuse_subreaper():
    """prctl(PR_SET_CHILD_SUBREAPER) is answered with EPERM from here on."""
    call = {'x86_64': 157, 'aarch64': 167}[platform.machine()]
    code = [(0x20, 0, 0, 0), (0x15, 0, 3, call),        # which call
            (0x20, 0, 0, 16), (0x15, 0, 1, 36),         # its first argument
            (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
    rows = b''.join(struct.pack('HBBI', *row) for row in code)
    memory = ctypes.create_string_buffer(rows)
    program = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(code),
                                                      ctypes.addressof(memory)))
    libc = ctypes.CDLL(None, use_errno=True)
    where = ctypes.c_void_p(ctypes.addressof(program))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, where, 0, 0):
        os._exit(99)


def test_no_subreaper():
    """where a subreaper is refused: one line, and all else works"""
    if platform.machine() not in ('x86_64', 'aarch64'):
        raise Skip('the number of prctl is not known here')
    baton = signalled('--end', '15', '--code', '6', preexec_fn=refuse_subreaper)
    for number in (USR1, TERM):
        baton.signal(number)
        same(baton.line(), str(int(number)))
    same(baton.wait(), 6)
    said = baton.said()
    assert said.count('\n') == 1 and 'subreaper' in said, f'one line, not {said!r}'


def test_no_subreaper_of_pid1():
    """PID 1 needs to be none: not a word"""
    if platform.machine() not in ('x86_64', 'aarch64'):
        raise Skip('the number of prctl is not known here')
    place = tempfile.mkdtemp(prefix='baton-nested.')
    status, _, said = run(*shell(f'sh -c "sleep 0.1 &"; : >{place}/ran; exit 3'), pid1=True,
                          preexec_fn=refuse_subreaper)
    same((status, said, os.listdir(place)), (3, '', ['ran']))


def test_parent_gone():
    """its parent's end does not end it"""
    parent = subprocess.Popen(['sh', '-c', f'"{BATON}" -- {SIGNALLED} --end 10; exit'],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment())
    lines = Lines(parent.stdout.fileno())
    worker = int(lines.next().split()[1])
    init = next(p for p in tree(parent.pid) if worker in tree(p))
    parent.kill()
    parent.wait()
    assert lines.silent(0.3) and alive(worker), 'the worker was told'
    os.kill(init, USR1)
    same(lines.next(), '10')
    eventually(lambda: not alive(init), 'baton ends')


def test_below_timeout():
    """below timeout(1) it ends in time, and nothing is left"""
    baton = Baton('sleep', '100', under=('timeout', '0.5'))
    below = tree(baton.process.pid)
    same(baton.wait(2), 124)
    eventually(lambda: not [p for p in below if alive(p)], 'nothing is left', 1)


if __name__ == '__main__':
    main(globals())
