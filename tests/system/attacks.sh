#!/usr/bin/env bash
# Goal: what a hostile build tries succeeds without the sandbox, and not with it; nothing of it survives,
# and a service under load loses nothing. As root, and as nobody, whom modes hold back anyway.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] && command -v setpriv >/dev/null ||
	{ skip attacks "needs root, a mount namespace and setpriv"; finish; }
abstract=@baton-attack-$$
port=$(free_port)
other_port=$(free_port)
# a build has fewer descriptors than baton only where baton already has all it may
fewer=n
[ "$(ulimit -Sn)" != "$(ulimit -Hn)" ] || fewer=r

# attack[=argument], and what comes of it: with the sandbox off as root and as nobody, with it on as root
# and as nobody. d: done. r: refused. -: refused or done, in this kernel, container or for this user: a SKIP
# says which. n: documented as not stopped. Later rows are less kind to what they hit.
table="
environ=init                      d - r r
environ=keeper                    d - r r
environ=worker                    d d r r
mem=init                          d - r r
mem=worker                        d d r r
maps=init                         d - r r
maps=worker                       d d r r
vm-readv=init                     d - r r
vm-readv=worker                   d d r r
root=init                         d - r r
root=worker                       d d r r
cwd=init                          d - r r
cwd=worker                        d d r r
fds=init                          d - r r
fds=worker                        d d r r
ns=worker                         d d r r
ptrace=init                       d - r r
ptrace=worker                     d d r r
pidfd-getfd=init                  d - r r
pidfd-getfd=worker                d d r r
kcmp=worker                       d d r r
read=/run/secrets/kubernetes.io/serviceaccount/token d d r r
list=/run/secrets                 d d r r
read=$work/secret                 d d r r
read=/etc/shadow                  d - r r
read=/etc/ssl/private/attack.key  d - r r
list=/root                        d - r r
write=dist/index.html             d d r r
write=.baton/releases/1/index.html d d r r
write=.baton/releases/2.info      d d r r
write=dist2/index.html            d d r r
write=.baton2/1/index.html        d d r r
empty=.baton2/1/index.html        d d r r
create=.baton/releases/2/new.js   d d r r
create=.baton/releases/77.info    d d r r
create=new-at-the-top             d d r r
make-directory=.baton/releases/99 d d r r
hard-link-write=.baton/releases/2/index.html d d r r
soft-link-write=.baton/releases/2/index.html d d r r
reopen-write=.baton/releases/2/index.html d d r r
write=/etc/hosts                  d - r r
write=/proc/sys/kernel/core_pattern - - r r
write=/proc/sys/kernel/hostname   d - r r
write=/dev/shm/../kmsg            - - r r
chmod=.baton/releases/1/index.html d d r r
fchmod=.baton/releases/1/index.html d d r r
chmod-by-proc=.baton/releases/1/index.html d d r r
fchmodat2=.baton/releases/1/index.html - - r r
utimes=.baton/releases/1/index.html d d r r
chmod=/etc/hosts                  d - r r
chown=.baton/releases/1/index.html d - r r
setxattr=.baton/releases/1/index.html - - r r
setxattrat=.baton/releases/1/index.html - - r r
chattr=.baton/releases/1/index.html - - r r
lease=.baton/releases/1/lease.js  - - r r
mknod                             d - r r
control=$work/run/control.sock        d d r r
tcp=$port                         d d r r
mptcp=$port                       - - r r
smc=$port                         - - r r
fast-open=$port                   d d r r
udp=$port                         d d r r
unix=$work/victim.sock            d d r r
unix=$abstract                    d d r r
dgram-pair=$work/victim.sock      d d r r
dgram-pair=$abstract              d d r r
raw-pair=$work/victim.sock        d d r r
netlink                           d d r r
netlink=4                         d d r r
vsock                             - - r r
raw                               - - r r
packet                            - - r r
bind=$port                        d d r r
bind-mptcp=$port                  - - r r
signal=init                       d - r r
signal=keeper                     d d r r
signal=worker                     d d r r
signal-by-pidfd=worker            d d r r
signal-by-queue=worker            d d r r
stop=keeper                       d d r r
stop=watcher                      d d r r
stop=builder                      d d r r
stop=worker                       d d r r
prlimit=init                      d - r r
prlimit=worker                    d d r r
setpriority=worker                d d r r
setpriority-user                  d d r r
scheduler=worker                  d d r r
affinity=worker                   d d r r
ioprio=worker                     d d r r
oom-score=worker                  d d r r
autogroup=worker                  - - r r
coredump-filter=worker            d d r r
migrate-pages=worker              - - r r
ioprio-self                       d d r r
nice-self                         - - r r
realtime-self                     - - r r
userns                            - - r r
mountns                           - - r r
clone-userns                      - - r r
clone3-userns                     - - r r
mount=as                          - - r r
chroot=bin                        d - r r
io-uring                          - - r r
userfaultfd                       - - r r
bpf                               - - r r
perf                              - - r r
keyctl                            - - r r
add-key                           - - r r
shm                               d d r r
sem                               d d r r
msg                               d d r r
mq                                d d r r
posix-shm                         d d r r
settime                           - - r r
sethostname                       - - r r
setuid=bin/setuid                 d d r r
memfd                             d - r r
tiocsti                           - - r r
in-flight=$(ulimit -Sn)           d d $fewer $fewer
replace=dist2                     d d r r
exchange=dist                     d d r r
replace=bin/baton                 d d r r
remove=.baton/releases/2/index.html d d r r
kill=keeper                       d d r r
daemons=50                        d d d d
"
attacks() { sed 's/#.*//; /^ *$/d' <<<"$table"; }

# With BATON_SANDBOX_NET=all a build may connect; everything else of sockets stays refused.
net_table="
tcp=$port                         d
fast-open=$port                   d
mptcp=$port                       r
smc=$port                         r
udp=$port                         d
netlink                           d
netlink=4                         r
control=$work/run/control.sock        r
unix=$work/victim.sock            r
unix=$abstract                    r
dgram-pair=$work/victim.sock      r
raw-pair=$abstract                r
vsock                             r
raw                               r
packet                            r
bind=$port                        r
bind-mptcp=$port                  r
"

# Somebody to write to, by a path and by an abstract name.
python3 -c '
import os, signal, socket, sys
held = []
for name in sys.argv[1], "\0" + sys.argv[2][1:]:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(name)
    held.append(s)
os.chmod(sys.argv[1], 0o777)
signal.pause()' "$work/victim.sock" "$abstract" &
listener=$!
trap 'kill $listener 2>/dev/null; cleanup' EXIT
wait_until 5 test -S "$work/victim.sock"

# The container: /run and a part of /etc that belong to it, and baton as its first process.
cat >"$work/container" <<'END'
#!/bin/sh
# USER APP BATON-ARGUMENTS...
user=$1 app=$2
shift 2
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
echo token >/run/secrets/kubernetes.io/serviceaccount/token
cp /etc/hosts "$app/../hosts" && mount --bind "$app/../hosts" /etc/hosts
if [ -d /etc/ssl/private ]; then
	mount -t tmpfs -o mode=700 tmpfs /etc/ssl/private
	echo key >/etc/ssl/private/attack.key
fi
cd "$app" || exit 1
[ "$user" = root ] && exec $WITHOUT "$app/bin/baton" "$@"
exec $WITHOUT setpriv --reuid="$user" --regid=nogroup --clear-groups "$app/bin/baton" "$@"
END
chmod 755 "$work/container"
echo secret >"$work/secret"

make_app() {
	app=$work/app
	mkdir -p "$work/run" "$work/elsewhere"
	[ "$1" = root ] || chown nobody "$work/run" "$work/elsewhere"
	rm -rf "$app"
	mkdir -p "$app"/{bin,src,.baton/releases/{1,2},.baton2/1,as}
	cp "$build/baton" "$build/attack" "$build/workers/epoll" "$app/bin/"
	for name in .baton/releases/1 .baton/releases/2 .baton2/1; do
		echo page >"$app/$name/index.html"
		echo page >"$app/$name/lease.js"
	done
	echo "result built" >"$app/.baton/releases/2.info"
	ln -s .baton/releases/2 "$app/dist"
	ln -s .baton2/1 "$app/dist2"
	echo "exec sh ./attack.sh" >"$app/build.sh"
	[ "$1" = root ] || chown -R --no-dereference nobody:nogroup "$app"
	# one that makes root of nobody, and nobody of root
	cp "$build/attack" "$app/bin/setuid"
	[ "$1" != root ] || chown nobody "$app/bin/setuid"
	chmod 4755 "$app/bin/setuid"
}

# start_attacked USER [VARIABLE=VALUE...]: two services, of which the first is built.
start_attacked() {
	local user=$1 kept=$build
	shift
	printf '#!/bin/sh\nexec "%s/container" %s "%s" "$@"\n' "$work" "$user" "$app" >"$app/as/baton"
	chmod 755 "$app/as/baton"
	cat >"$work/services" <<-END
		[service main]
		command = ./bin/epoll --port $port
		watch = src
		build = sh build.sh
		live = dist
		[service other]
		command = ./bin/epoll --port $other_port
		live = dist2
		releases = .baton2
	END
	build=$app/as start_baton_services BATON_WATCH_DELAY=50ms "$@"
	build=$kept
	wait_until 20 grep -q 'watching src' "$work/log" && ready ||
		fail "$user: starts" "$(tail -n 3 "$work/log")"
}
# start_baton of lib.sh wants a command; with BATON_CONFIG there is none.
start_baton_services() {
	export BATON_CONTROL=$work/run/control.sock
	rm -f "$work/run/control.sock"
	env "$@" WITHOUT="$without" BATON_CONFIG="$(cat "$work/services")" unshare -fp --mount-proc --kill-child \
		"$build/baton" >"$work/out" 2>"$work/log" &
	baton_pid=$!
	wait_until 5 test -S "$work/run/control.sock"
}

# One build by now; what it said is in $output.
build_now() {
	local before
	before=$(grep -c 'build [0-9]*: \(done\|failed\)' "$work/log")
	echo "$RANDOM$RANDOM" >"$app/src/page.md"
	wait_until 40 sh -c "[ \$(grep -c 'build [0-9]*: \(done\|failed\)' '$work/log') -gt $before ]" ||
		fail "a build ends" "$(tail -n 3 "$work/log")"
	output=$(sed -n 's/^baton: main: build [0-9]*: //p' "$work/log")
	said=()
	while read -r word label; do
		said[${label%%: *}]="$word ${label##*: }"
	done < <(grep -E '^(did|refused|cannot) ' <<<"$output")
}
declare -A said
without= # a command that takes something of the kernel away

judge() { # PREFIX ATTACK EXPECTATION
	local name="$1: $2" got=${said[$2]:-nothing}
	case "$3:${got%% *}" in
	[d-]:did) ok "$name: did" ;;
	[rn]:refused) ok "$name: refused" ;;
	n:did) skip "$name" "documented as not stopped here" ;;
	-:refused | -:cannot) skip "$name" "cannot be shown here: ${got#* }" ;;
	*) fail "$name" "wanted $3, got '$got'" ;;
	esac
}

attempt_all() { # USER MODE
	local user=$1 mode=$2 worker label off_root off_nobody on_root on_nobody expected
	make_app "$user"
	{
		echo 'echo x >"$BATON_OUT/index.html"'
		echo 'ls -l /proc/self/fd | sed -n "s/.* \([0-9]*\) -> /holds \1 /p"'
		echo "./bin/attack $(attacks | awk '{ printf "%s ", $1 }')"
		echo 'exit 1' # no handoff of it: the victims stay
	} >"$app/attack.sh"
	chmod 755 "$app/attack.sh"
	start_attacked "$user" BATON_SANDBOX=$mode
	worker=$(worker_pids)
	[ $mode = off ] || load_start "$user: load" --rate 200 --connections 4 --duration 60 "http://127.0.0.1:$port/"
	build_now
	while read -r label off_root off_nobody on_root on_nobody; do
		expected=${mode}_$user
		judge "$user, sandbox $mode" "$label" "${!expected}"
	done < <(attacks)
	if [ $mode = on ]; then
		load_end "$user: load" 20
		equal "$user: the worker is the one that it was" "$worker" "$(worker_pids)"
		equal "$user: a build holds three descriptors" "0 1 2" \
			"$(sed -n 's/^holds \([0-2]\) .*/\1/p' <<<"$output" | sort -u | xargs)"
		wait_until 10 sh -c "! ls $app/.baton/releases/.[0-9]* 2>/dev/null"
		equal "$user: nothing of the build is left" "" "$(ls -d "$app"/.baton/releases/.[0-9]* 2>/dev/null)"
	fi
	equal "$user, sandbox $mode: no daemon is left" "" "$(pgrep -f '/bin/attack' | xargs)"
	stop_baton
}

attempt_net() { # USER
	local label expected
	make_app "$1"
	echo "exec ./bin/attack $(awk 'NF { printf "%s ", $1 }' <<<"$net_table")" >"$app/attack.sh"
	start_attacked "$1" BATON_SANDBOX_NET=all
	build_now
	while read -r label expected; do
		[ -z "$label" ] || judge "$1, with a network" "$label" "$expected"
	done <<<"$net_table"
	stop_baton
}

# Where there is no Landlock: what seccomp and the privileges that are given up stop all the same.
bare_table="
control=$work/run/control.sock tcp=$port mptcp=$port fast-open=$port udp=$port unix=$abstract
dgram-pair=$work/victim.sock dgram-pair=$abstract netlink vsock raw bind=$port
prlimit=worker setpriority=worker setpriority-user scheduler=worker affinity=worker ioprio=worker
ioprio-self realtime-self ptrace=worker vm-readv=worker pidfd-getfd=worker kcmp=worker mem=init
chown=dist/index.html setxattr=dist/index.html setxattrat=dist/index.html chattr=dist/index.html
lease=dist/lease.js mknod userns mountns clone-userns clone3-userns mount=src chroot=bin io-uring
userfaultfd bpf perf keyctl add-key shm sem msg mq settime sethostname setuid=bin/setuid tiocsti"
attempt_bare() { # USER
	local label
	make_app "$1"
	echo "exec ./bin/attack $(xargs <<<"$bare_table") daemons=50" >"$app/attack.sh"
	without="$build/workers/without landlock"
	start_attacked "$1"
	without=
	check "$1, no Landlock: which is said" wait_until 5 grep -q 'sandbox: no Landlock' "$work/log"
	build_now
	for label in $bare_table; do judge "$1, no Landlock" "$label" r; done
	equal "$1, no Landlock: no daemon is left" "" "$(pgrep -f '/bin/attack' | xargs)"
	stop_baton
}

# What doctor says of it.
doctor() { env "$@" "$build/baton" doctor | sed -n "/^the build's sandbox/,/^\$/p"; }
tell_doctor() {
	doctor BATON_BUILD=x >"$work/doctor"
	check "doctor: what is held" test "$(grep -c '^held .*tried)$' "$work/doctor")" -ge 7
	doctor BATON_BUILD=x BATON_SANDBOX=off >"$work/doctor"
	check "doctor: what is off" grep -q '^off .*BATON_SANDBOX=off' "$work/doctor"
	equal "doctor: and then nothing is held" "" "$(grep '^held .*\(Landlock\|seccomp\)' "$work/doctor")"
	doctor BATON_BUILD=x BATON_SANDBOX_NET=all >"$work/doctor"
	equal "doctor: a network is asked for" 1 "$(grep -c '^off .*BATON_SANDBOX_NET=all' "$work/doctor")"
	"$build/workers/without" landlock "$build/baton" doctor >"$work/doctor"
	check "doctor: what is missing, and why" \
		grep -q '^missing .*files: .*Landlock is not here, or refused; Linux 5.13 has it' "$work/doctor"
}

# What a build leaves behind: in the log, in its output, among the sources.
build_of() { # SCRIPT: one build of it
	printf '%s\n' "$1" >"$app/attack.sh"
	build_now
}
last_said() { grep 'build [0-9]*: \(done\|failed\)' "$work/log" | tail -n 1; }
attempt_output() { # USER
	local made
	make_app "$1"
	mkdir -p "$app/cache/deep"
	[ "$1" = root ] || chown -R nobody "$app/cache"
	start_attacked "$1" BATON_SANDBOX_WRITE=cache/deep
	build_of 'printf "\033[2J\033]0;owned\007\033[1A a\rb \302\233c \233d \b\b\b\177\nbaton: PID 1 ends\n"
		mkdir src/"$(printf "new\nbaton: line")" src/"$(printf "\033[31m")" "src/\$(reboot)" src/"$(printf "\377\233")"
		for d in src/*/; do echo x >"$d/a
b"; done
		echo x >"$BATON_OUT/index.html"'
	wait_until 10 test -e "$app/dist/index.html"
	build_of 'cat "$BATON_CHANGED"; echo y >"$BATON_OUT/index.html"'
	equal "$1: what it says and names cannot be taken for control or for baton" "" \
		"$(LC_ALL=C grep -anv '^baton: [[:print:]]*$' "$work/log" | LC_ALL=C grep -av '[^ -~]' | head -n 3)"
	equal "$1: no control byte is in the log" "" \
		"$(LC_ALL=C grep -anP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$work/log" | head -n 3 | cat -v)"

	echo first >"$app/cache/linked.md"
	[ "$1" = root ] || chown nobody "$app/cache/linked.md"
	build_of 'ln cache/linked.md "$BATON_OUT/linked.md"; echo z >"$BATON_OUT/index.html"'
	wait_until 10 test -e "$app/dist/linked.md"
	build_of 'echo second >cache/linked.md; exit 1'
	equal "$1: what a build had linked stays as it was published" "first second" \
		"$(cat "$app/dist/linked.md" "$app/cache/linked.md" | xargs)"

	build_of 'exec python3 -c "
import os
os.chdir(os.environ[\"BATON_OUT\"])
for i in range(300): os.mkdir(\"d\" * 250); os.chdir(\"d\" * 250)
os.mkfifo(\"pipe\")"'
	check "$1: a tree too deep to be looked at is not published" grep -q 'too deeply\|cannot be read to its end' <<<"$(last_said)"
	wait_until 10 sh -c "! ls -d $app/.baton/releases/.[0-9]*"
	equal "$1: and removed" "" "$(ls -d "$app"/.baton/releases/.[0-9]* 2>/dev/null)"
	for made in 'mkfifo "$BATON_OUT/pipe"' 'ln -s /etc "$BATON_OUT/etc"' 'echo x >"$BATON_OUT/x"; chmod 4755 "$BATON_OUT/x"' \
		'ln -s ../../../src "$BATON_OUT/src"'; do
		build_of "$made"
		check "$1: not published: $made" grep -q 'failed after .* its output has' <<<"$(last_said)"
	done
	build_of 'truncate -s 3G "$BATON_OUT/sparse"'
	check "$1: 3 GB of nothing are read in no time" grep -q 'done in \([0-9]*ms\|1[.0-9]*s\)' <<<"$(last_said)"

	# a link where it may write, to where it may not: with the next start it would be what is meant
	build_of 'mkfifo src/pipe src/.gitignore; rm -rf cache/deep; ln -s "$PWD/../elsewhere" cache/deep; exit 1'
	build_of 'echo x >"$BATON_OUT/index.html"'
	check "$1: a pipe among the sources keeps nobody waiting" grep -q ': done' <<<"$(last_said)"
	stop_baton
	start_attacked "$1" BATON_SANDBOX_WRITE=cache/deep
	build_of './bin/attack create=cache/deep/baton-attack create=.baton/releases/88; exit 1'
	check "$1: nor is a link that a build has made followed" \
		grep -q 'cache/deep is reached by a link' "$work/log"
	judge "$1" create=cache/deep/baton-attack r
	stop_baton
	start_attacked "$1" BATON_SANDBOX_WRITE=.:.baton/releases/1
	build_of './bin/attack create=.baton/releases/88 write=dist/index.html write=dist2/index.html create=src/new.ts; exit 1'
	judge "$1, writing the whole project" create=.baton/releases/88 r
	judge "$1, writing the whole project" write=dist/index.html r
	judge "$1, writing the whole project" write=dist2/index.html r
	judge "$1, writing the whole project" create=src/new.ts d
	stop_baton
}

# What builds do all day, and an end for one that never has one. What it may take: limits.sh.
attempt_work() { # USER
	local what
	make_app "$1"
	mkdir -m 777 "$app/cache"
	export SECRET=1
	start_attacked "$1"
	unset SECRET
	build_of 'try() { name=$1; shift; "$@" >/dev/null 2>&1 && echo "yes $name" || echo "no $name"; }
		try "writes beside the sources" sh -c "echo x >cache/generated.ts"
		try "has a temporary directory" sh -c "echo x >\"\$TMPDIR/x\""
		try "reads the password file" cat /etc/passwd
		try "has pipes and children" sh -c "echo x | cat"
		try "has socket pairs" python3 -c "import socket; socket.socketpair()"
		try "has no secret" sh -c "! env | grep -q SECRET"
		echo x >"$BATON_OUT/index.html"'
	for what in "writes beside the sources" "has a temporary directory" "reads the password file" \
		"has pipes and children" "has socket pairs" "has no secret"; do
		check "$1: a build $what" grep -qxF "yes $what" <<<"$output"
	done
	stop_baton
	start_attacked "$1" BATON_BUILD_TIMEOUT=1s
	build_of '(setsid sleep 2000 &); sleep 2000'
	check "$1: one without end is ended" wait_until 20 grep -q 'took longer than 1s' "$work/log"
	equal "$1: and the service goes on" 200 \
		"$(curl -s --max-time 2 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/")"
	stop_baton
}

for user in root nobody; do
	for mode in off on; do
		attempt_all $user $mode
	done
done
attempt_net root
attempt_net nobody
for user in root nobody; do
	attempt_bare $user
	attempt_output $user
	attempt_work $user
done
tell_doctor
for name in $("$build/attack" --list); do
	grep -qF "\`$name\`" docs/security.md || fail "docs: attack $name" "is not in docs/security.md"
done
finish
