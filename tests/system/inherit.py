"""inherit.py - the worker gets what baton was started with, and baton keeps nothing of it."""
import os
import resource
import signal
import subprocess
import tempfile

from initlib import (INHERITED, SIGNALLED, Baton, Skip, environment, main, read_proc, run, same,
                     service, shell, signalled)

# what baton adds for its workers; all else is as it was
ADDED = ('BATON_GENERATION', 'BATON_WORKER', 'BATON_RELEASE', 'NOTIFY_SOCKET', 'BATON_SOCKET',
         'NODE_APP_INSTANCE')
# adoption takes these (and a group of its own, which signals and terminals need)
ADOPTION = ('NoNewPrivs', 'Seccomp')
POINTS_MOST = 10
BLOCKED = (signal.SIGTTIN, signal.SIGILL, signal.SIGTERM, signal.SIGRTMIN + 5)
IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGSEGV, signal.SIGTTOU, signal.SIGCHLD)
FDS = ('bash', '-c', 'exec "$@" 3<"$HERE" 7>>"$HERE" 200<>"$HERE"', 'bash')


def parse(text):
    """Lines "NAME VALUE" as a dictionary; the environment below its own name."""
    found = {'environment': {}}
    for line in text.splitlines():
        name, _, value = line.partition(' ')
        if name == 'environment':
            variable, _, content = value.partition('=')
            found['environment'][variable] = content
        else:
            found[name] = value
    return found


def without(**how):
    """What the program prints without baton."""
    how.setdefault('env', environment())
    done = subprocess.run([INHERITED], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
                          **how)
    return parse(done.stdout.decode(errors='replace'))


def below(**how):
    """What it prints as a worker."""
    status, out, said = run(INHERITED, **how)
    same(status, 0, f'exit status ({said!r})')
    return parse(out)


def compare(**how):
    """Both must say the same, but for what adoption needs."""
    wanted = without(**how)
    got = below(**how)
    for name in wanted:
        if name not in ('environment', 'fd1', 'fd2', 'oom_score_adj', *ADOPTION):
            same(got.get(name), wanted[name], name)
    # a worker goes before baton when memory is short
    points = int(got['oom_score_adj']) - int(wanted['oom_score_adj'])
    assert 0 <= points <= POINTS_MOST, f'oom_score_adj: {points} above'
    same([name for name in got if name not in wanted], [], 'only with baton')
    return got


def odd_signals():
    signal.pthread_sigmask(signal.SIG_SETMASK, BLOCKED)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)


def odd_limits():
    os.umask(0o027)
    os.nice(3)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 16 << 20))
    with open('/proc/self/oom_score_adj', 'w', encoding='utf-8') as file:
        file.write('300')


def mask(numbers):
    return f'{sum(1 << (int(n) - 1) for n in numbers):016x}'


def test_plain():
    """a worker started with nothing special has what it would have without baton"""
    compare()


def test_signals():
    """blocked and ignored signals are inherited exactly, none is caught or pending"""
    got = compare(preexec_fn=odd_signals)
    same(got['SigBlk'], mask(BLOCKED), 'blocked')
    same(int(got['SigIgn'], 16) & int(mask(IGNORED), 16), int(mask(IGNORED), 16), 'ignored')
    same(got['SigCgt'], mask(()), 'caught')


def test_signals_again():
    """what is started again inherits them too"""
    out, said = run(INHERITED, preexec_fn=odd_signals, variables={
        'RESTART': 'always', 'RESTART_DELAY': '10ms', 'RESTART_LIMIT': '2/1m'})[1:]
    assert out.count('SigBlk ') > 1, f'it was not started again: {said!r}'
    same(out.count(f'SigBlk {mask(BLOCKED)}\n'), out.count('SigBlk '), 'of them with the mask')


def test_limits():
    """limits, umask and nice are inherited, a small ulimit -n is enough"""
    got = compare(preexec_fn=odd_limits)
    same(got['limit7'], '100 100', 'ulimit -n')
    same(got['Umask'], '0027', 'umask')


def test_directory():
    """the worker is where baton was started, baton and its keeper are in /"""
    here = tempfile.mkdtemp(prefix='baton-inherit.')
    same(compare(cwd=here)['cwd'], here)
    if os.geteuid() != 0:
        raise Skip('only root may look where baton is')
    baton = signalled(cwd=here)
    same(os.readlink(f'/proc/{baton.worker}/cwd'), here, 'the worker')
    same(os.readlink(f'/proc/{baton.pid}/cwd'), '/', 'baton')
    same(os.readlink(f'/proc/{baton.keeper}/cwd'), '/', 'the keeper')


def test_directory_given():
    """BATON_DIR, relative to where baton was started, is the worker's directory"""
    here = os.path.realpath(tempfile.mkdtemp(prefix='baton-inherit.'))
    os.mkdir(here + '/below')
    for given in ('below', here + '/below'):
        same(below(cwd=here, variables={'DIR': given})['cwd'], here + '/below', given)


def test_command_relative():
    """a command with a relative path is found from where baton was started"""
    here = tempfile.mkdtemp(prefix='baton-inherit.')
    with open(here + '/program', 'w', encoding='utf-8') as file:
        file.write('#!/bin/sh\npwd\n')
    os.chmod(here + '/program', 0o755)
    same(run('./program', cwd=here)[:2], (0, here + '\n'))


def test_descriptors():
    """descriptors 3, 7 and 200 of the caller do not reach the worker, baton or its keeper"""
    with tempfile.NamedTemporaryFile() as here:
        env = environment(HERE=here.name)
        got = below(under=FDS, env=env)
        same(sorted(name for name in got if name.startswith('fd')), ['fd0', 'fd1', 'fd2'])
        if os.geteuid() != 0:
            raise Skip('only root may look at what baton holds')
        baton = signalled(under=FDS, env=env)
        for pid in (baton.pid, baton.keeper):
            held = [os.readlink(f'/proc/{pid}/fd/{fd}') for fd in os.listdir(f'/proc/{pid}/fd')]
            assert here.name not in held, f'{pid} holds it: {held}'


def test_end_of_file():
    """a pipe whose last other writer closes it ends, although baton runs"""
    ends = os.pipe()
    baton = signalled(pass_fds=(ends[1],))
    os.close(ends[1])
    os.set_blocking(ends[0], False)
    same(os.read(ends[0], 1), b'', 'read')
    assert baton.process.poll() is None
    os.close(ends[0])


def test_no_descriptors():
    """started without any descriptor it runs, and its worker gets none of baton's in their place"""
    place = tempfile.mkdtemp(prefix='baton-inherit.')
    look = f'(for n in 0 1 2; do readlink /proc/$$/fd/$n; done) >{place}/fds 2>{place}/rest; exit 4'
    status = run(*shell(look), under=('bash', '-c', 'exec "$@" <&- >&- 2>&-', 'bash'))[0]
    same(status, 4, 'exit status')
    with open(place + '/fds', encoding='utf-8') as file:
        held = [line for line in file.read().split() if line != '/dev/null']
    same(held, [])


def test_environment():
    """the environment is the caller's; what is added is named"""
    env = environment(ODD='a=b\nc', EMPTY='', NOTIFIED='x')
    got, wanted = below(env=env)['environment'], without(env=env)['environment']
    for name, value in wanted.items():
        same(got.get(name), value, name)
    same([name for name in got if name not in wanted and name not in ADDED], [], 'added')


def test_session():
    """the worker stays in the session, and leads a process group of its own"""
    baton = signalled(start_new_session=True)
    same(os.getsid(baton.worker), baton.pid, 'session')
    same(os.getpgid(baton.worker), baton.worker, 'group')


def test_adoption_off():
    """with BATON_ADOPT=off there is no filter and no no_new_privs either"""
    wanted, got = without(), below(variables={'ADOPT': 'off'})
    for name in ADOPTION:
        same(got[name], wanted[name], name)


def test_nohup():
    """nohup baton: HUP stays ignored, and ends neither baton nor the worker"""
    baton = Baton('sleep', '100', under=('nohup',))
    worker = baton.below(b'sleep')
    ignored = next(line for line in read_proc(worker, 'status').splitlines()
                   if line.startswith(b'SigIgn'))
    assert int(ignored.split()[1], 16) & 1, f'the worker has {ignored!r}'
    for _ in range(3):
        baton.signal(signal.SIGHUP)
    baton.signal(signal.SIGUSR1)
    same(baton.wait(), 128 + signal.SIGUSR1)


def test_nothing_kept():
    """no descriptor leaks as workers come and go"""
    if os.geteuid() != 0:
        raise Skip('only root may look at what baton holds')
    baton = service(RESTART_DELAY='1ms..1ms')
    worker, keeper, counts = baton.worker, baton.keeper, []
    for _ in range(6):
        counts.append([len(os.listdir(f'/proc/{pid}/fd')) for pid in (baton.pid, keeper)])
        os.kill(worker, signal.SIGKILL)
        worker = baton.ready()
    same(baton.keeper, keeper, 'the keeper')
    same(counts[-1], counts[1], 'descriptors of baton and its keeper')


def test_worker_of_two():
    """each of several workers has what the one has"""
    place = tempfile.mkdtemp(prefix='baton-inherit.')
    baton = Baton(SIGNALLED, preexec_fn=odd_signals, cwd=place, variables={'WORKERS': '3'})
    workers = [baton.ready() for _ in '123']
    for pid in workers:
        same(os.readlink(f'/proc/{pid}/cwd'), place, 'cwd')
        held = sorted(os.listdir(f'/proc/{pid}/fd'))
        same(held, ['0', '1', '2'], 'descriptors')


if __name__ == '__main__':
    main(globals())
