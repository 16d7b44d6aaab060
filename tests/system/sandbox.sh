#!/usr/bin/env bash
# Goal: a build reaches nothing of the service, of init or of the machine that it has no business
# with, survives its end in no way, and still can do what builds do. As root, and as nobody.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip sandbox "python3 is not installed"; finish; }

# One build of this script, by a baton that serves beside it. Its output is in $output.
build_once() { # BUILD-SCRIPT [VARIABLE=VALUE...]
	local script=$1
	shift
	mkdir -p "$work/app/src" "$work/app/dist"
	cd "$work/app" || exit 1
	echo live >dist/index.html
	printf '%s\n' "$script" >build.sh
	[ "$user" = root ] || chown -R nobody "$work"
	port=$(free_port)
	start_as "$user" BATON_WATCH=src BATON_LIVE=dist BATON_BUILD="sh build.sh" "$@" \
		-- python3 -m http.server --bind 127.0.0.1 -d dist "$port"
	wait_until 20 grep -q 'watching src' "$work/log" || fail "$user: watches" "$(tail -n 3 "$work/log")"
	wait_until 20 curl -s --max-time 1 -o /dev/null "http://127.0.0.1:$port/"
	echo "$RANDOM" >src/page.md
	wait_until 40 grep -q 'build [0-9]*: \(done\|failed\)' "$work/log"
	output=$(sed -n 's/^baton: build [0-9]*: //p' "$work/log")
	curl -s --max-time 2 "http://127.0.0.1:$port/" >"$work/page"
	stop_baton
	cd /
	rm -rf "$work/app"
}
start_as() {
	local who=$1
	shift
	if [ "$who" = root ]; then
		start_baton "$@"
		return
	fi
	# as another user: unshare stays root, what it starts does not
	mkdir -p "$work/as"
	printf '#!/bin/sh\nexec setpriv --reuid=nobody --regid=nogroup --clear-groups "%s/baton" "$@"\n' \
		"$build" >"$work/as/baton"
	chmod 755 "$work/as" "$work/as/baton"
	local kept=$build
	build=$work/as start_baton "$@"
	build=$kept
}
says() { grep -qxF -- "$1" <<<"$output"; }
refused() { # NAME: the build printed "no NAME"
	if says "no $1"; then ok "$user: refused: $1"; else fail "$user: refused: $1" "$output"; fi
}
allowed() {
	if says "yes $1"; then ok "$user: allowed: $1"; else fail "$user: allowed: $1" "$output"; fi
}

attack='
try() { name=$1; shift; if timeout 5 "$@" >/dev/null 2>&1; then echo "yes $name"; else echo "no $name"; fi; }
echo x >"$BATON_OUT/index.html"
pid=$$
while [ "$(cut -d" " -f4 /proc/$pid/stat)" != 0 ]; do pid=$(cut -d" " -f4 /proc/$pid/stat); done
init=$pid
builder=$(cut -d" " -f4 /proc/$$/stat)
while ! grep -qa "^baton.builder" /proc/$builder/cmdline; do builder=$(cut -d" " -f4 /proc/$builder/stat); done
try "read the shadow file" cat /etc/shadow
try "read the home of root" ls /root
try "change the live release" sh -c "echo hacked >dist/index.html"
try "remove the live link" rm -f dist
try "add a release" mkdir .baton/releases/99
try "write beside the project" sh -c "echo x >new-file"
try "signal init" kill -0 $init
try "stop the builder" kill -STOP $builder
try "read the environment of init" cat /proc/$init/environ
try "read the memory of init" head -c 1 /proc/$init/mem
try "limit init" prlimit --pid $init --cpu=1
try "renice init" renice -n 19 -p $init
try "connect to the service" python3 -c "import socket; socket.create_connection((\"127.0.0.1\", 1))"
try "open a UNIX socket" python3 -c "import socket; socket.socket(socket.AF_UNIX)"
try "make a namespace" unshare -U true
try "make a device" mknod "$BATON_OUT/device" c 1 3
try "see the secret" sh -c "env | grep -q SECRET"
try "write a source" sh -c "echo x >src/generated.ts"
try "use a temporary directory" sh -c "echo x >\"\$TMPDIR/x\""
try "read the password file" cat /etc/passwd
try "use a pipe and a child" sh -c "echo x | cat"
try "use a socket pair" python3 -c "import socket; socket.socketpair()"
'

for user in root nobody; do
	if [ "$user" = nobody ] && { [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; }; then
		skip "$user" "needs root and setpriv"
		continue
	fi
	export SECRET=1
	build_once "$attack"
	unset SECRET
	for what in "read the shadow file" "read the home of root" "change the live release" \
		"remove the live link" "add a release" "write beside the project" "signal init" \
		"stop the builder" "read the environment of init" "read the memory of init" "limit init" \
		"renice init" "connect to the service" "open a UNIX socket" "make a namespace" \
		"make a device" "see the secret"; do
		refused "$what"
	done
	for what in "write a source" "use a temporary directory" "read the password file" \
		"use a pipe and a child" "use a socket pair"; do
		allowed "$what"
	done

	daemons='
import os, signal, time
for i in range(50):
    if os.fork() == 0:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1000 + int("'$$'"))
time.sleep(0.5)
print(sum("left-behind" in open("/proc/%s/cmdline" % p).read() for p in os.listdir("/proc") if p.isdigit()), "at the end")
open(os.environ["BATON_OUT"] + "/index.html", "w").write("x")
'
	for mode in on off; do
		build_once "python3 -c '$daemons' left-behind-$$" BATON_SANDBOX=$mode
		check "$user, sandbox $mode: fifty daemons ran" says "51 at the end"
		equal "$user, sandbox $mode: and none is left" "" "$(pgrep -f "left-behind-$$")"
	done

	build_once '(setsid sleep 2000 &); sleep 2000' BATON_BUILD_TIMEOUT=1s
	check "$user: a build without end is ended" grep -q 'took longer than 1s' "$work/log"

	build_once 'head -c 20m /dev/zero >"$BATON_OUT/x"' BATON_SANDBOX_DISK=10M
	check "$user: a build that fills the disk fails" grep -q 'failed after' "$work/log"
	build_once 'node -e "Buffer.alloc(1 << 30, 1)" || python3 -c "bytearray(1 << 30)"' BATON_SANDBOX_MEMORY=256M
	check "$user: a build that takes the memory fails" grep -q 'failed after' "$work/log"
	equal "$user: and the service goes on" live "$(cat "$work/page")"
done

user=root
if [ "$(id -u)" = 0 ]; then
	build_once 'i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; echo all; echo x >"$BATON_OUT/x"' \
		BATON_SANDBOX_PROCESSES=1000
	check "many processes within the limit" says all
	build_once 'i=0; while [ $i -lt 100 ]; do sleep 50 & i=$((i+1)); done; sleep 50' \
		BATON_SANDBOX_PROCESSES=50
	check "and too many, which no limit holds root back from" \
		grep -q 'more processes than' "$work/log"
fi
finish
