"""initlib.py - what the tests of baton as an init share: start it, watch its tree, say how it went.

A test is a function test_*; the first line of its docstring is its name. It fails by an assertion
or whatever else it raises, and is skipped by Skip. Whatever it started, however far it went away,
carries a mark in its environment and is killed when the test is over.
"""
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = os.environ['BUILD']
BATON = os.environ.get('BATON', BUILD + '/baton')
SIGNALLED = BUILD + '/workers/signalled'
INHERITED = BUILD + '/workers/inherited'
ORPHANS = BUILD + '/workers/orphans'
PID1_OR_NOT = (True, False) if os.geteuid() == 0 else (False,)     # only root can make it PID 1
NAMESPACE = ('unshare', '-fp', '--mount-proc', '--kill-child')
MARK = 'TEST_OF_INIT'
TEST_SECONDS = 40
MESSAGE_MOST = 400
STARTED = []


class Skip(Exception):
    """The machine cannot show this."""


def environment(**variables):
    """As a container has it: nothing of ours, and the mark by which we find what we started."""
    made = {name: os.environ[name] for name in ('HOME', 'LANG', 'TERM') if name in os.environ}
    made.update(PATH='/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
    made.update(variables, **{MARK: str(os.getpid())})
    return made


def eventually(condition, what, seconds=5.0):
    """Wait until the condition holds; give back what it said."""
    until = time.monotonic() + seconds
    while True:
        said = condition()
        if said:
            return said
        assert time.monotonic() < until, f'{what}: not within {seconds:g} s'
        time.sleep(0.005)


# --- what /proc knows --------------------------------------------------------------------------

def stat_of(pid):
    """The fields of /proc/PID/stat from the state on: parent, group, session…; None if gone."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
            return file.read().rpartition(')')[2].split()
    except OSError:
        return None


def state(pid):
    """One letter: R, S, D, T, Z; an empty string when it is gone."""
    fields = stat_of(pid)
    return fields[0] if fields else ''


def alive(pid):
    return state(pid) not in ('', 'Z', 'X')


def tree(pid):
    """All below it as {pid: state}, the nearest first."""
    below = {}
    for name in os.listdir('/proc'):
        fields = stat_of(name) if name.isdigit() else None
        if fields:
            below.setdefault(int(fields[1]), []).append((int(name), fields[0]))
    found, todo = {}, [pid]
    for parent in todo:
        for child, its_state in below.get(parent, ()):
            found[child] = its_state
            todo.append(child)
    return found


def read_proc(pid, name):
    try:
        with open(f'/proc/{pid}/{name}', 'rb') as file:
            return file.read()
    except OSError:
        return b''


def is_baton(pid):
    return read_proc(pid, 'comm').decode().strip() == os.path.basename(BATON)


def outside(pid, init):
    """The pid from here of whom the namespace of init calls pid."""
    for one in tree(init):
        for line in read_proc(one, 'status').splitlines():
            if line.startswith(b'NSpid:') and int(line.split()[-1]) == pid:
                return one
    raise AssertionError(f'no process {pid} in the namespace')


def end_marked():
    """Kill all that carries our mark, and first every baton: its own environment it may hide."""
    while STARTED:
        STARTED.pop().kill()
    mark = f'{MARK}={os.getpid()}'.encode()
    for name in os.listdir('/proc'):
        if name.isdigit() and int(name) != os.getpid() and \
           mark in read_proc(name, 'environ').split(b'\0'):
            send(int(name), signal.SIGKILL)


def send(pid, signo):
    try:
        os.kill(pid, signo)
    except ProcessLookupError:
        pass


# --- one that runs -----------------------------------------------------------------------------

class Lines:
    """The lines of a descriptor, each within a time."""

    def __init__(self, fd):
        self.fd, self.rest = fd, b''

    def next(self, seconds=5.0):
        until = time.monotonic() + seconds
        while b'\n' not in self.rest:
            left = until - time.monotonic()
            assert left > 0 and select.select([self.fd], [], [], left)[0], \
                f'no line within {seconds:g} s'
            more = os.read(self.fd, 65536)
            assert more, 'no more lines: its end'
            self.rest += more
        line, _, self.rest = self.rest.partition(b'\n')
        return line.decode(errors='replace')

    def silent(self, seconds=0.15):
        """Whether nothing comes for so long."""
        return self.rest == b'' and not select.select([self.fd], [], [], seconds)[0]


class Baton:
    """baton with a command. Variables by name without BATON_; under: what starts it."""

    def __init__(self, *command, pid1=False, under=(), variables=None, dashes=True, **popen):
        if pid1 and os.geteuid() != 0:
            raise Skip('only root can make it PID 1 here')
        named = {'BATON_' + name: value for name, value in (variables or {}).items()}
        arguments = [*(NAMESPACE if pid1 else ()), *under, BATON, *(['--'] if dashes else ())]
        popen.setdefault('stdin', subprocess.DEVNULL)
        popen.setdefault('stdout', subprocess.PIPE)
        popen.setdefault('env', environment(**named))
        self.log = tempfile.TemporaryFile()
        self.outer = bool(pid1 or under)
        self.process = subprocess.Popen([*arguments, *command], stderr=self.log, **popen)
        STARTED.append(self.process)
        self.lines = Lines(self.process.stdout.fileno()) if self.process.stdout else None
        self.found = None if self.outer else self.process.pid

    @property
    def pid(self):
        """baton itself, not what started it, and not its keeper."""
        if self.found is None:
            outer = self.process.pid
            self.found = eventually(
                lambda: next((p for p in (outer, *tree(outer)) if is_baton(p)), None),
                'baton is there')
        return self.found

    @property
    def keeper(self):
        return eventually(lambda: next((p for p in tree(self.pid) if is_baton(p)), None),
                          'the keeper is there')

    def line(self, seconds=5.0, what='the worker'):
        try:
            return self.lines.next(seconds)
        except AssertionError as why:
            raise AssertionError(f'{what}: {why}; stderr: {self.said()!r}') from None

    def below(self, program):
        """Wait until a process below it executes the program of that name; its pid from here."""
        return eventually(lambda: next((p for p in tree(self.pid)
                                        if read_proc(p, 'comm').strip() == program), None),
                          f'{program.decode()} runs')

    def ready(self):
        """Wait until the worker says ready; its pid as it sees it."""
        line = self.line()
        assert line.startswith('ready '), f"wanted 'ready PID', got {line!r}"
        return int(line.split()[1])

    def signal(self, signo):
        os.kill(self.pid, signo)

    def said(self):
        """All that was written on stderr so far."""
        self.log.seek(0)
        return self.log.read().decode(errors='replace')

    def wait(self, seconds=10.0):
        """Its exit status, as a shell has it."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'it does not end within {seconds:g} s: {self.shape()}') from None

    def shape(self):
        """For messages: who is there in which state."""
        return ' '.join(f'{pid}:{s}' for pid, s in tree(self.process.pid).items())


def signalled(*options, **how):
    """A baton whose worker says what signals it gets, and is ready."""
    baton = Baton(SIGNALLED, *options, **how)
    baton.worker = baton.ready()
    return baton


def service(*options, **variables):
    """A service that serves, whose worker says what it gets; with a control socket of its own."""
    control = tempfile.mkdtemp(prefix='baton-service.') + '/control'
    with socket.socket() as one_port:
        one_port.bind(('127.0.0.1', 0))
        port = one_port.getsockname()[1]
    variables.update(CONTROL=control, DRAIN_TIMEOUT='1s', STOP_TIMEOUT='1s')
    baton = signalled('--port', str(port), '--end', '15', *options, variables=variables)

    def is_ready():
        return subprocess.run([BATON, 'ready'], env=environment(BATON_CONTROL=control),
                              capture_output=True, check=False).returncode == 0
    eventually(is_ready, 'it serves')
    return baton


def run(*command, seconds=10.0, **how):
    """Run baton to its end: exit status, stdout, stderr."""
    baton = Baton(*command, **how)
    try:
        out = baton.process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        raise AssertionError(f'it does not end within {seconds:g} s: {baton.shape()}') from None
    return baton.process.returncode, (out or b'').decode(errors='replace'), baton.said()


def shell(script):
    return ('sh', '-c', script)


def same(got, wanted, what=''):
    assert got == wanted, f'{what + ": " if what else ""}wanted {wanted!r}, got {got!r}'


# --- all of them -------------------------------------------------------------------------------

def too_long(_signo, _frame):
    raise AssertionError(f'it took more than {TEST_SECONDS} s')


def one(test):
    name = (test.__doc__ or test.__name__).splitlines()[0].rstrip('.')
    signal.alarm(TEST_SECONDS)
    try:
        test()
        print('ok', name, flush=True)
        return True
    except Skip as why:
        print(f'SKIP {name}: {why}', flush=True)
        return True
    except Exception as why:  # whatever it was, the others are still to be tried
        said = ' '.join(str(why).split()) or type(why).__name__
        print(f'FAIL {name}: {said[:MESSAGE_MOST]}', flush=True)
        return False
    finally:
        signal.alarm(0)
        end_marked()


def main(names):
    """Run the tests among these names, those that the arguments ask for or all."""
    signal.signal(signal.SIGALRM, too_long)
    wanted = sys.argv[1:]
    tests = [test for name, test in names.items() if name.startswith('test_')
             and (not wanted or name in wanted)]
    sys.exit(not all([one(test) for test in tests]))
