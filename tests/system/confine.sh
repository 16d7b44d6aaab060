#!/usr/bin/env bash
# Goal: a build has a user of its own where that can be had, changes no mode and no time of what is served
# whoever it is, can do with strict what real builds do and nothing else, and is told by learn what that
# is; what runs between a saved file and a build has given up what it does not need.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip confine "python3 is not installed"; finish; }
port=$(free_port)
user=root

as_user() { # the command that makes us $user
	[ "$user" = root ] || printf 'setpriv --reuid=%s --regid=nogroup --clear-groups' "$user"
}
# One build of a script by a baton that serves beside it; what it said is in $output.
build_once() { # SCRIPT [VARIABLE=VALUE...]
	local script=$1
	shift
	rm -rf "$work/app"
	mkdir -p "$work/app/src" "$work/app/dist" "$work/bin"
	[ ! -e "$work/tools" ] || cp -a "$work/tools" "$work/app/tools"
	cd "$work/app" || exit 1
	echo live >dist/index.html
	echo own >src/own
	printf '%s\n' "$script" >build.sh
	printf '%s\n' "$attack" >attack.py
	[ "$user" = root ] || chown -R "$user" "$work"
	printf '#!/bin/sh\nexec %s "%s/baton" "$@"\n' "$(as_user)" "$build" >"$work/bin/baton"
	chmod 755 "$work/bin/baton"
	local kept=$build
	build=$work/bin start_baton BATON_WATCH=src BATON_LIVE=dist BATON_BUILD="sh build.sh" \
		BATON_WATCH_DELAY=50ms "$@" -- python3 -m http.server --bind 127.0.0.1 -d dist "$port"
	build=$kept
	wait_until 20 grep -q 'watching src' "$work/log" || fail "watches" "$(tail -n 3 "$work/log")"
	echo "$RANDOM" >src/page.md
	wait_until 60 grep -q 'build [0-9]*: \(done\|failed\)' "$work/log"
	output=$(sed -n 's/^baton: build [0-9]*: //p' "$work/log")
}
says() { grep -qx -- "$1" <<<"$output"; }
expect() { # NAME LINE
	if says "$2"; then ok "$1"; else fail "$1" "no '$2' in: $output"; fi
}

# Each way to change a mode or a time, on a file that is served and on one of the build's own.
attack='
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
machine = os.uname().machine
def raw(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *arguments) == -1:
        raise OSError(ctypes.get_errno(), "raw")
def opened(path, call):
    fd = os.open(path, os.O_RDONLY)
    try:
        call(fd)
    finally:
        os.close(fd)
def beside(path, call):
    fd = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        call(os.path.basename(path), fd)
    finally:
        os.close(fd)
def linked(path, call):
    name = os.environ["TMPDIR"] + "/link"
    if os.path.lexists(name):
        os.unlink(name)
    os.symlink(os.path.abspath(path), name)
    call(name)
P = lambda path: ctypes.c_char_p(path.encode())
ways = {
    "chmod": lambda p: os.chmod(p, 0o600),
    "fchmod": lambda p: opened(p, lambda fd: os.fchmod(fd, 0o600)),
    "fchmodat": lambda p: beside(p, lambda n, fd: os.chmod(n, 0o600, dir_fd=fd)),
    "fchmodat2": lambda p: raw(452, -100, P(p), 0o600, 0),
    "chmod through a link": lambda p: linked(p, lambda n: os.chmod(n, 0o600)),
    "chmod through /proc/self/fd": lambda p: opened(p, lambda fd: os.chmod("/proc/self/fd/%d" % fd, 0o600)),
    "utimensat": lambda p: os.utime(p, (1, 1)),
    "futimens": lambda p: opened(p, lambda fd: os.utime(fd, (1, 1))),
    "utimensat through a link": lambda p: linked(p, lambda n: os.utime(n, (1, 1))),
}
if machine == "x86_64":
    times = (ctypes.c_long * 4)(1, 0, 1, 0)
    ways["utime"] = lambda p: raw(132, P(p), times)
    ways["utimes"] = lambda p: raw(235, P(p), times)
    ways["futimesat"] = lambda p: raw(261, -100, P(p), times)
who, path = sys.argv[1:]
for name, way in ways.items():
    os.chmod(path, 0o644) if who == "own" else None
    os.utime(path, (7, 7)) if who == "own" else None
    try:
        way(path)
        s = os.stat(path)
        done = s.st_mode & 0o777 == 0o600 or int(s.st_mtime) in (0, 1)
        print(who, name, "done" if done else "said done", flush=True)
    except OSError as e:
        print(who, name, "ENOSYS" if e.errno == 38 else "refused", flush=True)
'
modes='echo "uid $(id -u)"; python3 attack.py own src/own; python3 attack.py live dist/index.html
git log --oneline 2>/dev/null | sed "s/^[0-9a-f]* /git /"
touch src/made "$BATON_OUT/x"; mkdir -p "$BATON_OUT/d"; chmod 1777 "$BATON_OUT/d"; touch "$BATON_OUT/d/y"; echo x >"$BATON_OUT/index.html"'
held() { # NAME
	local bad
	bad=$(grep '^own .*refused\|^own .*said\|^live .*done' <<<"$output")
	equal "$1: modes and times of its own, and of nothing that is served" "" "$bad"
	[ "$(grep -c '^own .*done' <<<"$output")" -ge 8 ] || fail "$1: it tried" "$output"
	[ "$(grep -c '^live .*refused' <<<"$output")" -ge 8 ] || fail "$1: it tried" "$output"
}

if [ "$(id -u)" = 0 ]; then
	build_once "$modes"
	held "root"
	expect "root: builds run as a user of their own" "uid 64999"
	check "root: which is said once" grep -q 'sandbox: .*; builds run as user 64999$' "$work/log"
	wait_until 10 test -e dist/x
	equal "root: what is published is root's" "" "$(find -L dist ! -uid 0)"
	check "root: what was built is served" test -e dist/d/y
	equal "root: what it made elsewhere is its own" 64999 "$(stat -c %u src/made)"
	watch=$(pgrep -P "$(init_pid)" -f '^baton watch ') warden=$(pgrep -P "$watch" -f '^baton warden')
	of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
	equal "the watcher has three capabilities: chown, override, owner" 000000000000000b "$(of "$watch" CapEff)"
	equal "and a filter" 2 "$(of "$watch" Seccomp)"
	equal "the warden has two: override, owner" 000000000000000a "$(of "$warden" CapEff)"
	equal "and is the builds' user" "64999 64999 64999 64999" "$(of "$warden" Uid | xargs)"
	stop_baton

	build_once "$modes" BATON_SANDBOX_USER=off
	held "root without a second user"
	expect "root without a second user: builds run as root" "uid 0"
	stop_baton
	build_once "$modes" BATON_SANDBOX_USER=daemon
	held "a user by name"
	expect "a user by name" "uid $(id -u daemon)"
	stop_baton
	BATON_BUILD=x BATON_SANDBOX_USER=nobody-of-that-name baton check -- true >"$work/check" 2>&1
	equal "a name that is nobody's is no configuration" 78 $?
	check "which says so" grep -q "BATON_SANDBOX_USER: 'nobody-of-that-name' is not in /etc/passwd" "$work/check"
else
	skip "a second user" "needs root"
fi

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	user=nobody
	build_once "$modes"
	held "nobody, the workers' own user"
	stop_baton
	build_once "$modes" BATON_SANDBOX=off
	check "with the sandbox off all of it is done" test "$(grep -c '^live .*done' <<<"$output")" -ge 8
	stop_baton
	user=root
fi

# A call that no build needs, and that changes nothing.
stray='python3 -c "
import ctypes, os
number = {\"x86_64\": 239, \"aarch64\": 236}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
print(\"stray\", \"done\" if libc.syscall(number, 0, 0, 0, 0, 0) == 0 else ctypes.get_errno())"
echo x >"$BATON_OUT/x"'
build_once "$stray"
expect "on lets by what it does not know" "stray done"
stop_baton
build_once "$stray" BATON_SANDBOX=strict
expect "strict has no such call" "stray 38"
stop_baton
build_once "$stray" BATON_SANDBOX=learn
expect "learn lets it by, and tells" "BATON_SANDBOX=learn: it used [0-9]* system calls; strict has not: get_mempolicy"
check "and keeps the list" grep -qx -e -get_mempolicy .baton/releases/2.calls
check "with all that was used" grep -qx execve .baton/releases/2.calls
stop_baton

# Who is between: killed, each leaves nothing of a build, and the next build is as ever.
builder_of() { # NAME: its pid, below our init
	local pid=$(init_pid) name
	for name in watch warden builder; do
		pid=$(pgrep -P "$pid" -f "^baton $name")
		[ "$name" != "$1" ] || { echo "$pid"; return; }
	done
}
build_once 'echo x >"$BATON_OUT/x"; [ ! -e src/long ] || sleep 3'$$
for name in builder warden watch; do
	touch src/long
	wait_until 20 pgrep -f "^sleep 3$$" || fail "$name: a build runs" "$(tail -n 3 "$work/log")"
	kill -9 "$(builder_of $name)"
	rm src/long
	wait_until 10 sh -c "! pgrep -f '^sleep 3$$'"
	equal "the $name is killed: nothing is left of its build" "" "$(pgrep -f "^sleep 3$$")"
	check "and the next one is as ever" wait_until 20 baton build
done
stop_baton

# The tools that are here at once, in one build, in each mode.
. "$root/tests/builds/lay_out.sh"
together=
for tool in make python node go git; do
	lay_out $tool "$work/tools/$tool" >/dev/null || { skip "$tool" "is not there"; continue; }
	together+="cd '$work/app/tools/$tool' && echo begin $tool && { $command; } && echo built $tool"$'\n'
done
cd "$root" || exit 1
for mode in on strict learn; do
	build_once "mkdir -p src; $together" BATON_SANDBOX=$mode BATON_BUILD_ON_START=off
	for tool in make python node go git; do
		[[ $together != *"begin $tool "* ]] || expect "$mode: $tool builds" "built $tool"
	done
	[ $mode != learn ] || expect "learn: strict allows all of them" \
		"BATON_SANDBOX=learn: it used [0-9]* system calls, and strict allows all of them"
	stop_baton
done
finish
