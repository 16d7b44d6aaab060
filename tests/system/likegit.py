"""Patterns and paths at random: does baton pass over what git ignores?

    likegit.py SEEN DIRECTORY SEED TREES

Makes TREES small trees in DIRECTORY, a repository of git's, each with .gitignore files in it, and
compares what SEEN prints with `git check-ignore`. Prints the counts, or each difference; exits 1 then.
"""
import os
import random
import subprocess
import sys

seen, directory, seed, trees = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
r = random.Random(seed)
letters = ["a", "b", "c", "ab", "abc", ".x", "A1", "a b", "b-", "#c", "!d", "a.tmp", "b.o", "[x]", "a*", "q?", "z\\y",
           "é", "e_", "0", "x ", "ca", "-", "]", "^n", "a,b"]
sets = ["[a-c]", "[!a]", "[^b]", "[abc]", "[]a]", "[!]]", "[[:alpha:]]", "[[:digit:]x]", "[![:upper:]]", "[a-]", "[-a]",
        "[[:punct:]]", "[[:space:]]", "[[:nothing:]]", "[[:alpha]", "[a", "[", "[]", "[\\]x]", "[a\\-c]", "[c-a]", "[b-\\c]",
        "[[.a.]]", "[[:alnum:]-c]", "[/]", "[a/b]", "[[:xdigit:][:blank:]]", "[[:graph:]]", "[[:lower:]]", "[\\", "[[:word:]]",
        "[[:cntrl:][:print:]]", "[a-c-e]", "[[]", "[]-a]", "[--0]", "[!-]"]
pieces = letters + sets + ["*", "*", "**", "***", "?", "/", "/", "/", "\\*", "\\a", "\\", "\\ ", " ", "\\/", "/**/", "**/", "/**", "a**", "\t", "\r"]


def name():
    return r.choice(letters) + (r.choice(letters) if r.random() < 0.3 else "")


def grow(path, depth, paths):
    os.mkdir(os.path.join(directory, path))
    made = set()
    for _ in range(r.randint(1, 5)):
        n = name()
        if n in made:
            continue
        made.add(n)
        child = path + "/" + n
        paths.append(child)
        kind = r.random()
        if depth < 4 and kind < 0.55:
            grow(child, depth + 1, paths)
        elif kind < 0.6:
            os.symlink(r.choice([".", "nowhere"]), os.path.join(directory, child))
        else:
            open(os.path.join(directory, child), "w").close()


def bend(part):
    """A part of a path that is there, with some of it made a wildcard."""
    kind = r.random()
    if not part or kind < 0.25:
        return part
    if kind < 0.35:
        return "*"
    if kind < 0.45:
        return "**"
    if kind < 0.55:
        return "".join("\\" + c if r.random() < 0.5 else c for c in part)
    at = r.randrange(len(part))
    to = r.choice(["?", "*", "**", "[" + part[at] + "]", "[!" + part[at] + "]", "[a-z]", r.choice(sets), ""])
    return part[:at] + to + part[at + r.randint(0, 1):]


def pattern(paths):
    if r.random() < 0.3:
        text = "".join(r.choice(pieces) for _ in range(r.randint(1, 5)))
    else:
        parts = r.choice(paths).split("/")[1:]
        cut = r.randrange(len(parts))
        parts = parts[cut:] if r.random() < 0.5 else parts[:cut + 1]
        if r.random() < 0.2:
            parts.insert(r.randrange(len(parts) + 1), r.choice(["**", "*", ""]))
        text = "/".join(bend(p) for p in parts)
    text = r.choice(["", "", "", "/", "**/", "!", "!/", "#", "\\", " "]) + text if r.random() < 0.5 else text
    return text + r.choice(["/", " ", "\\ ", "/**", "/*", "//", "  ", "\r", "\t", "*"]) if r.random() < 0.3 else text


def flat(path, paths):
    """Every letter as a name: what is in a set?"""
    os.mkdir(os.path.join(directory, path))
    for c in map(chr, range(32, 127)):
        if c not in "/.":
            paths.append(path + "/" + c)
            open(os.path.join(directory, paths[-1]), "w").close()


def a_set():
    if r.random() < 0.4:
        return r.choice(sets)
    inner = "".join(r.choice(list("aZ09-]^!\\[:_ .~#") + ["a-f", "[:alpha:]", "[:punct:]", "!-/", "\\]"]) for _ in range(r.randint(1, 5)))
    return "[" + r.choice(["", "!", "^"]) + inner + r.choice(["]", "]", "]", ""])


def is_directory(path):
    full = os.path.join(directory, path)
    return os.path.isdir(full) and not os.path.islink(full)


subprocess.run(["git", "init", "-q", directory], check=True, stdout=subprocess.DEVNULL)
# what baton passes over unless told otherwise (watcher/patterns.c)
always = os.path.join(directory, "always")
with open(always, "w") as out:
    out.write("node_modules\n.*.sw[a-p]\n*~\n.#*\n\\#*#\n.~lock.*#\n")
subprocess.run(["git", "-C", directory, "config", "core.excludesFile", always], check=True)
every, patterns = [], 0
for i in range(trees):
    paths = []
    if i % 3 == 0:
        flat("r%d" % i, paths)
    else:
        grow("r%d" % i, 0, paths)
    if not paths:
        continue
    below = ["r%d" % i] + [p for p in paths if is_directory(p)]
    for place in r.sample(below, min(len(below), r.randint(1, 3))):
        lines = [a_set() if i % 3 == 0 else pattern(paths) for _ in range(r.randint(1, 2 if i % 3 == 0 else 6))]
        patterns += len(lines)
        with open(os.path.join(directory, place, ".gitignore"), "w", newline="") as f:
            f.write(("\ufeff" if r.random() < 0.1 else "") + "\n".join(lines) + ("\n" if r.random() < 0.8 else ""))
        every.append(place + "/.gitignore")
    every += paths

asked = subprocess.run(["git", "-C", directory, "check-ignore", "-v", "-n", "--no-index", "--stdin", "-z"],
                       input=b"".join(p.encode() + b"\0" for p in every), stdout=subprocess.PIPE).stdout.split(b"\0")
says = {asked[i + 3].decode(): (asked[i].decode(), asked[i + 2].decode()) for i in range(0, len(asked) - 3, 4)}
ours = set(subprocess.run([seen], cwd=directory, stdout=subprocess.PIPE, check=True).stdout.decode().split("\0"))

ignored = differ = 0
for path in every:
    source, matched = says.get(path, ("", ""))
    git = source != "" and not matched.startswith("!")
    # a link to a directory is none: git asks about the link itself
    ignored += git
    if git == (path in ours):
        differ += 1
        if differ <= 10:
            print("%r: git %s it (%s: %r), baton does not" % (path, "ignores" if git else "keeps", source, matched))
print("%d patterns, %d paths, of which git ignores %d: %d differences" % (patterns, len(every), ignored, differ))
sys.exit(differ > 0 or len(says) < len(every))
