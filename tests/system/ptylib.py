"""ptylib.py - a session on a terminal of its own, that types and reads what is printed."""
import os
import pty
import re
import select
import termios
import time

from initlib import environment, eventually, state

PROMPT = '@@'
# without readline, which takes what was typed ahead for the next command
BASH = ('bash', '--norc', '--noediting', '-i')


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
