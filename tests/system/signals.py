"""signals.py - what becomes of the signals that baton gets."""
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time

from initlib import (BATON, PID1_OR_NOT, SIGNALLED, Baton, Lines, Skip, alive, end_marked,
                     environment, eventually, main, outside, same, send, service, shell,
                     signalled, state, tree)

HUP, INT, QUIT, USR1, USR2, TERM, CONT = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
                                          signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM,
                                          signal.SIGCONT)
TSTP, TTIN, TTOU, WINCH = signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGWINCH
SUSPENDING = (TSTP, TTIN, TTOU)
FORWARDED = [n for n in range(1, 65) if n not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]


def sequence(baton, sent, wanted):
    """Send one after the other, each when the one before it has come."""
    for number, arrives in zip(sent, wanted):
        baton.signal(number)
        if arrives is not None:
            same(baton.line(3, f'signal {int(number)}'), str(int(arrives)),
                 f'signal {int(number)}')


def test_all_as_pid1():
    """all that can be caught, 1 to 64, reach the worker of PID 1"""
    baton = signalled(pid1=True)
    sequence(baton, FORWARDED, FORWARDED)
    same(baton.said(), '', 'on stderr')


def test_all_as_child():
    """all that can be caught reach the worker of one that is not PID 1, or its group"""
    for group_too in ('off', 'on'):
        baton = signalled(variables={'SIGNAL_GROUP': group_too})
        for number in FORWARDED:
            sequence(baton, [number], [number])
            if number in SUSPENDING:
                eventually(lambda: state(baton.pid) == 'T', 'baton stops')
                sequence(baton, [CONT], [CONT])
        same(baton.said(), '', 'on stderr')


def test_to_our_group():
    """a signal to the process group that baton is in reaches the worker once"""
    baton = signalled(start_new_session=True)
    for number in (USR1, INT, HUP, 40):
        os.killpg(baton.pid, number)
        same(baton.line(), str(int(number)))
    assert baton.lines.silent(), 'it came twice'
    assert alive(baton.keeper), 'the keeper is gone'


def test_default_actions():
    """a worker without handlers ends of them, with 128 and the number"""
    for pid1 in PID1_OR_NOT:
        for number in (TERM, USR1, USR2, INT, QUIT, HUP, signal.SIGRTMIN + 2):
            baton = Baton(*shell('echo ready 1; exec sleep 100'), pid1=pid1)
            baton.ready()
            baton.below(b'sleep')
            baton.signal(number)
            same(baton.wait(), 128 + number, f'pid1={pid1}, signal {int(number)}')
            same(baton.said(), '', 'on stderr')


def test_rewritten():
    """BATON_SIGNALS rewrites, by names and by numbers"""
    sent = [TERM, QUIT, CONT, INT]
    for rule, before, after in (
            ('TERM:INT', sent, [INT, QUIT, CONT, INT]),
            ('TERM:INT,INT:TERM,QUIT:QUIT', sent, [INT, QUIT, CONT, TERM]),
            ('1:31,31:1', [1, 31], [31, 1]),
            ('15:3', [TERM, USR1], [QUIT, USR1]),
            ('USR1:RTMIN+3,RTMIN+4:USR2', [USR1, signal.SIGRTMIN + 4], [signal.SIGRTMIN + 3, USR2]),
            ('SIGUSR1:SIGHUP', [USR1], [HUP])):
        sequence(signalled(variables={'SIGNALS': rule}), before, after)
        end_marked()


def test_dropped():
    """BATON_SIGNALS drops what is off, and only that"""
    baton = signalled(variables={'SIGNALS': 'TERM:QUIT,INT:off,WINCH:off,12:off'})
    sequence(baton, [INT, WINCH, USR2, TERM, WINCH, HUP], [None, None, None, QUIT, None, HUP])
    assert baton.lines.silent(), 'more came'


def test_term_off():
    """BATON_SIGNALS=TERM:off: TERM does nothing, not even begin the end"""
    baton = signalled(variables={'SIGNALS': 'TERM:off', 'STOP_TIMEOUT': '200ms'})
    sequence(baton, [TERM, USR1], [None, USR1])
    time.sleep(0.5)
    sequence(baton, [USR2], [USR2])


def test_stop_signal():
    """BATON_STOP_SIGNAL takes the place of TERM at the end, RTMIN+3 too"""
    for name, number in (('RTMIN+3', signal.SIGRTMIN + 3), ('QUIT', QUIT), ('SIGINT', INT)):
        baton = signalled('--end', str(int(number)), variables={'STOP_SIGNAL': name})
        sequence(baton, [TERM], [number])
        same(baton.wait(2), 0)


def group(**variables):
    """A worker and a child of it in the same process group, both ready."""
    script = f'{SIGNALLED} --name child & exec {SIGNALLED}'
    baton = Baton(*shell(script), variables=variables)
    same(sorted(baton.line().split()[-2] for _ in '12'), ['ready', 'ready'])
    return baton


def test_worker_alone():
    """a signal goes to the worker and not to its group"""
    baton = group()
    sequence(baton, [USR1, HUP], [USR1, HUP])
    assert baton.lines.silent(), 'the child got it too'


def test_group():
    """BATON_SIGNAL_GROUP=on: a signal goes to all of the worker's group, once to each"""
    baton = group(SIGNAL_GROUP='on')
    for number in (USR1, HUP, TERM, 40):
        baton.signal(number)
        same(sorted([baton.line(), baton.line()]), [str(int(number)), f'child {int(number)}'])
    assert baton.lines.silent(), 'more came'


def test_group_of_ignorant():
    """BATON_SIGNAL_GROUP=on: a child ends of what its parent, the worker, ignores"""
    script = "trap '' USR1; env --default-signal=USR1 sleep 100; exit 3"
    baton = Baton(*shell(script), variables={'SIGNAL_GROUP': 'on'})
    baton.below(b'sleep')
    baton.signal(USR1)
    same(baton.wait(), 3)


def test_pipeline():
    """BATON_SIGNAL_GROUP=on: TERM ends a whole pipeline at once"""
    baton = Baton(*shell("yes oh | tail & yes no | tail >&2"), variables={'SIGNAL_GROUP': 'on'})
    eventually(lambda: len(tree(baton.pid)) == 6, 'keeper, shell and four are there')
    below = tree(baton.pid)
    baton.signal(TERM)
    same(baton.wait(3), 143)
    same([p for p in below if alive(p)], [], 'still there')


def test_hup_reloads():
    """HUP to a service reloads: another generation starts"""
    baton = service()
    first = baton.worker
    baton.signal(HUP)
    while not (line := baton.line(8)).startswith('ready '):
        assert line.split()[0] in ('15', 'gone'), f'the worker got {line}'
    assert int(line.split()[1]) != first, 'no new worker'


def test_hup_rewritten():
    """HUP:HUP and HUP:USR1 in BATON_SIGNALS: the service's worker gets it, nothing reloads"""
    for rule, number in (('HUP:HUP', HUP), ('HUP:USR1', USR1), ('1:12', USR2)):
        baton = service(SIGNALS=rule)
        sequence(baton, [HUP], [number])
        assert baton.lines.silent(0.5), 'something else came'
        baton.signal(TERM)
        baton.wait(8)


def test_service_end():
    """INT and QUIT end a service as TERM does: its worker is asked with what came, or BATON_STOP_SIGNAL"""
    for number in (INT, QUIT, TERM):
        baton = service('--end', str(int(number)))
        sequence(baton, [number], [number])
        same(baton.wait(8), 0, f'signal {int(number)}')
    baton = service('--end', str(int(USR2)), STOP_SIGNAL='USR2')
    sequence(baton, [INT], [USR2])
    same(baton.wait(8), 0, 'with BATON_STOP_SIGNAL')


def test_during_the_end():
    """while the worker ends, it gets the other signals too, and a second TERM"""
    baton = signalled()
    sequence(baton, [TERM, USR1, HUP, INT, TERM, 40], [TERM, USR1, HUP, INT, TERM, 40])
    assert alive(baton.pid) and baton.process.poll() is None, 'baton is gone'


def test_bursts():
    """a thousand signals at once kill nothing: USR1, which merge, and real-time, which do not"""
    for pid1 in PID1_OR_NOT:
        baton = signalled(pid1=pid1)
        for _ in range(1000):
            baton.signal(USR1)
        same(baton.line(), '10')
        for _ in range(1000):
            baton.signal(40)
        count = 0
        while count < 1000:
            line = baton.line()
            count += line == '40'
            assert line in ('10', '40'), f'got {line}'
        sequence(baton, [USR2], [USR2])
        same(baton.said(), '', 'on stderr')


def test_not_permitted():
    """a worker that may not be signalled any more costs one line a signal, and baton lives"""
    if os.geteuid() != 0:
        raise Skip('only root can make a set-user-ID worker')
    place = tempfile.mkdtemp(prefix='baton-signals.')
    os.chmod(place, 0o755)
    worker = shutil.copy(SIGNALLED, place)
    os.chmod(worker, 0o755 | stat.S_ISUID)
    # adopted, it could not become another: that takes the no_new_privs flag
    baton = Baton(worker, '--become', '0', variables={'ADOPT': 'off', 'LOG_LEVEL': 'warning'},
                  user=65534, group=65534, extra_groups=[])
    root = baton.ready()
    same(os.stat(f'/proc/{root}').st_uid, 0, 'the worker runs as root')
    before = baton.said()
    baton.signal(USR1)
    eventually(lambda: baton.said() != before, 'a line about it')
    time.sleep(0.1)
    said = baton.said()[len(before):]
    assert said.count('\n') == 1 and 'not permitted' in said, f'one line, not {said!r}'
    assert baton.process.poll() is None, 'baton ended'
    send(root, signal.SIGKILL)
    same(baton.wait(), 137)


def test_parent_death():
    """BATON_PARENT_DEATH_SIGNAL: it comes when baton's parent dies, and is forwarded"""
    ends = os.pipe()
    parent = subprocess.Popen(
        ['sh', '-c', f'"$@"; exit 0', 'sh', BATON, '--', SIGNALLED, '--end', '10'],
        stdin=subprocess.DEVNULL, stdout=ends[1], env=environment(BATON_PARENT_DEATH_SIGNAL='USR1'))
    os.close(ends[1])
    lines = Lines(ends[0])
    worker = int(lines.next().split()[1])
    parent.kill()
    parent.wait()
    same(lines.next(), '10')
    assert lines.next().startswith('gone '), 'the worker does not end'
    eventually(lambda: not alive(worker), 'the worker is gone')
    os.close(ends[0])


def test_early():
    """TERM at any moment of the start ends it, and leaves nothing"""
    for step in range(24):
        baton = Baton('sleep', '100')
        time.sleep(step * 0.0003)
        below = tree(baton.pid)
        baton.signal(TERM)
        status = baton.wait(3)
        assert status in (143, -TERM), f'after {step * 0.3:.1f} ms: {status}'
        eventually(lambda: not [p for p in below if alive(p)], 'nothing of it is left', 2)


def test_seen_inside():
    """signals to PID 1 from its own namespace are forwarded too"""
    baton = signalled(pid1=True)
    inner = outside(baton.worker, baton.pid)
    subprocess.run(['nsenter', '-t', str(inner), '-p', 'sh', '-c', 'kill -USR2 1; kill -40 1'],
                   check=True, env=environment())
    same([baton.line(), baton.line()], ['12', '40'])


if __name__ == '__main__':
    main(globals())
