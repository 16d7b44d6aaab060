"""sites.py - what `fault --list` reported, with the names of the functions that called."""
import re
import subprocess

import errnos

OWN = re.compile(r"(?:^|/)((?:base|handoff|watcher|init)/\w+\.c:\d+)$")
DEPTH = 3    # how many of baton's own functions tell one site from another


class Site:
    """One place that makes a system call. `hashes`: the ways that lead there; `count`: how often."""

    def __init__(self, call, own):
        self.call, self.own, self.hashes, self.count = call, own, [], 0

    def reason(self):
        """Why it is not made to fail, or ''."""
        return errnos.reason_of(self.call) if self.own else errnos.BEFORE_MAIN

    def errors(self):
        return [] if self.reason() else errnos.errors_of(self.call)

    def __str__(self):
        return f"{self.call} in " + " < ".join(f"{name} {where}" for name, where in self.own)


def addresses_of(report):
    """(hash, call, [address]) a line `site HASH CALL NUMBER ADDRESS...`."""
    for line in report.splitlines():
        words = line.split()
        if words and words[0] == "site":
            yield words[1], words[2], words[4:]


def counts_of(report):
    """{hash: how often} from the lines `count HASH NUMBER`."""
    lines = (line.split() for line in report.splitlines() if line.startswith("count "))
    return {words[1]: int(words[2]) for words in lines}


def symbolize(binary, addresses):
    """{address: [(function, file:line)]}, innermost first, with what was inlined."""
    if not addresses:
        return {}
    order = sorted(addresses)
    out = subprocess.run(["addr2line", "-e", binary, "-f", "-i", "-a"], text=True, check=True,
                         input="\n".join("0x" + a for a in order), stdout=subprocess.PIPE).stdout
    found, current = {}, None
    lines = iter(out.splitlines())
    for line in lines:
        if line.startswith("0x"):
            current = found.setdefault(line[2:].lstrip("0"), [])
        else:
            current.append((line, next(lines).split(" ")[0]))
    return found


def own_functions(frames):
    """Those of baton itself: (function, room/file.c:line), wherever it was built."""
    found = ((name, OWN.search(where)) for name, where in frames)
    return [(name, match.group(1)) for name, match in found if match]


class Binary:
    """Names of the functions of one binary, asked for once an address."""

    def __init__(self, path):
        self.path, self.names = path, {}

    def learn(self, addresses):
        self.names.update(symbolize(self.path, set(addresses) - set(self.names)))

    def own(self, addresses):
        self.learn(addresses)
        return own_functions([f for a in addresses for f in self.names.get(a, [])])

    def sites(self, reports, depth=DEPTH):
        """The sites that several reports name, in the order of the first calls."""
        chains = [c for report in reports for c in addresses_of(report)]
        self.learn(a for _, _, addresses in chains for a in addresses)
        found = {}
        for value, call, addresses in chains:
            own = tuple(self.own(addresses)[:depth])
            site = found.setdefault((call, own), Site(call, own))
            if value not in site.hashes:
                site.hashes.append(value)
        for report in reports:
            counts = counts_of(report)
            for site in found.values():
                site.count = max(site.count, sum(counts.get(h, 0) for h in site.hashes))
        return list(found.values())
