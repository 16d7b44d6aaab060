"""reaping.py - what loses its parent is waited for, and nobody waits for it in vain."""
import os
import signal
import subprocess

from initlib import (ORPHANS, PID1_OR_NOT, Baton, eventually, main, run, same, send, shell,
                     signalled, state, tree)


def zombies(baton):
    return [pid for pid, its_state in tree(baton.pid).items() if its_state == 'Z']


def alone(baton):
    """Only the keeper and the worker are below it."""
    return len(tree(baton.pid)) <= 2


def orphaned(what, count, seconds=30, **how):
    """Leave so many behind: all are waited for, and the exit code is the worker's."""
    baton = Baton(ORPHANS, what, str(count), stdin=subprocess.PIPE, **how)
    same(baton.line(seconds), 'done')
    eventually(lambda: alone(baton), 'all are reaped', 15)
    same(zombies(baton), [], 'zombies')
    baton.process.stdin.close()
    same(baton.wait(), 7, 'exit status')
    same(baton.said(), '', 'on stderr')


def test_many():
    """50,000 orphans leave no zombie"""
    orphaned('one-by-one', 50000, pid1=os.geteuid() == 0)


def test_storm():
    """10,000 orphans that end at the same moment leave no zombie"""
    orphaned('at-once', 10000)


def test_storm_of_pid1():
    """1,000 orphans that end at the same moment leave PID 1 no zombie"""
    orphaned('at-once', 1000, pid1=True)


def test_daemons():
    """daemons come and go while the worker lives, and are reaped"""
    orphaned('daemons', 200)


def test_ignored_child():
    """started with CHLD ignored: no hang, orphans are reaped, the exit code is right"""
    def ignore():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for code in (0, 3):
        same(run(*shell(f'exit {code}'), preexec_fn=ignore)[0], code, 'exit status')
    orphaned('one-by-one', 500, preexec_fn=ignore)


def test_blocked_child():
    """started with CHLD blocked: the same"""
    def block():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    same(run(*shell('exit 3'), preexec_fn=block)[0], 3, 'exit status')
    orphaned('one-by-one', 500, preexec_fn=block)


def test_sleepers():
    """a worker whose helper left a hundred sleepers sees them all go"""
    script = '''sh -c 'for i in $(seq 100); do sleep 0.$((i % 4 + 1)) & done'
        read -r _ _ _ keeper _ </proc/self/stat
        while [ "$(cat /proc/$keeper/task/$keeper/children | wc -w)" != 1 ]; do sleep 0.05; done
        exit 5'''
    for pid1 in PID1_OR_NOT:
        status, _, said = run(*shell(script), pid1=pid1)
        same(status, 5, 'exit status')
        same(said, '', 'on stderr')


def test_below_keeper():
    """what is orphaned below the worker comes to the keeper, and no further up"""
    baton = Baton(*shell("sh -c 'sleep 100 & sleep 100 &'; echo ready 1; exec sleep 100"))
    baton.ready()
    eventually(lambda: len(tree(baton.pid)) == 4, 'keeper, worker and two')
    same([p for p in tree(baton.keeper) if p not in tree(baton.pid)], [])
    same(len(tree(baton.keeper)), 3, 'below the keeper')


def test_adopted_from_outside():
    """PID 1 waits for the orphans of a process that entered its namespace"""
    baton = signalled(pid1=True)
    for _ in range(5):
        subprocess.run(['nsenter', '-t', str(baton.pid), '-p', 'sh', '-c',
                        'sh -c "for i in 1 2 3 4 5 6; do sleep 0.1 & done"'], check=True)
    eventually(lambda: alone(baton), 'those of the others are gone')
    same(zombies(baton), [], 'zombies')
    baton.signal(signal.SIGUSR1)
    same(baton.line(), '10', 'the worker lives')


def test_strangers_exit():
    """an orphan's exit code is not taken for the worker's"""
    for pid1 in PID1_OR_NOT:
        status = run(*shell('sh -c "(sleep 0.1; exit 9) & exit 0"; sleep 0.3; exit 4'),
                     pid1=pid1)[0]
        same(status, 4)


def test_while_stopped():
    """what ended while baton was stopped is reaped when it goes on"""
    baton = Baton(ORPHANS, 'one-by-one', '300', stdin=subprocess.PIPE)
    same(baton.line(), 'done')
    keeper = baton.keeper
    for pid in (keeper, baton.pid):
        os.kill(pid, signal.SIGSTOP)
        eventually(lambda: state(pid) == 'T', 'it stops')
    baton.process.stdin.close()
    for pid in (keeper, baton.pid):
        send(pid, signal.SIGCONT)
    same(baton.wait(), 7)


if __name__ == '__main__':
    main(globals())
