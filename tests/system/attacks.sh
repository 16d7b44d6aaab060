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
chmod=.baton/releases/1/index.html d d n n
fchmod=.baton/releases/1/index.html d d n n
chmod-by-proc=.baton/releases/1/index.html d d n n
fchmodat2=.baton/releases/1/index.html - - n n
utimes=.baton/releases/1/index.html d d n n
chmod=/etc/hosts                  d - n r
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
[ "$user" = root ] && exec "$app/bin/baton" "$@"
exec setpriv --reuid="$user" --regid=nogroup --clear-groups "$app/bin/baton" "$@"
END
chmod 755 "$work/container"
echo secret >"$work/secret"

make_app() {
	app=$work/app
	mkdir -p "$work/run"
	[ "$1" = root ] || chown nobody "$work/run"
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
	env "$@" BATON_CONFIG="$(cat "$work/services")" unshare -fp --mount-proc --kill-child \
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

for user in root nobody; do
	for mode in off on; do
		attempt_all $user $mode
	done
done
attempt_net root
attempt_net nobody
finish
