#!/usr/bin/env bash
# Goal: nobody brings PID 1 down, makes it wait, grow or spin: not a thousand clients of its control
# socket, a keeper gone mad, a worker that floods sd_notify, a stderr that nobody reads, nor a system
# without /proc, without a writable directory, without descriptors, processes or memory to be had.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || { skip robust "needs root: namespaces, limits"; finish; }
export BATON_CONTROL=$work/control.sock
here=$root/tests/system

# start_in VARIABLE=VALUE... -- WRAPPER... BATON ARGUMENTS...: as start_baton, with something between
# unshare and baton that becomes baton. Its stderr is $err if that is set: then $work/log is empty.
start_in() {
	local -a environment=()
	while [ "$1" != -- ]; do environment+=("$1"); shift; done
	shift
	rm -f "$work/control.sock"
	: >"$work/log"
	env "${environment[@]}" unshare -fp --mount-proc --kill-child "$@" </dev/null >"$work/out" \
		2>>"${err:-$work/log}" &
	baton_pid=$!
	wait_until 3 test -S "$work/control.sock"
}
# Its end, within 10 s; else it is killed.
gone() { wait_until 10 sh -c "! kill -0 $baton_pid 2>/dev/null" || kill -9 $(init_pid) "$baton_pid"; await_end; }
answers() { curl -sf --max-time 2 "http://127.0.0.1:$port/" | grep -q generation=; }
within() { timeout "$1" "$build/baton" "${@:2}" >"$work/said" 2>&1; }
descriptors() { ls "/proc/$1/fd" | wc -l; }
rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
keeper() { pgrep -P "${1:-$(init_pid)}" -f "baton keeper" 2>/dev/null | tail -n 1; }
generation() { status 's["services"][0]["generation"] or 0' 2>/dev/null || echo 0; }
newer() { [ "$(generation)" -gt "$was" ]; }
one_generation() { [ "$(status 'len(s["services"][0]["generations"])')" = 1 ]; }

# idle NAME: PID 1 uses less than 5 ticks in two seconds.
idle() {
	local pid before used
	pid=$(init_pid)
	[ -n "$pid" ] || { fail "$1: PID 1 is idle" "it is gone"; return; }
	before=$(ticks "$pid")
	read -rt 2 <> <(:) || :
	used=$(($(ticks "$pid") - before))
	if [ "$used" -lt 5 ]; then ok "$1: PID 1 is idle"; else fail "$1: PID 1 is idle" "$used ticks in 2 s"; fi
}

# works NAME: requests are answered, status and reload answer, each within two seconds.
works() {
	check "$1: requests are answered" wait_until 5 answers
	check "$1: baton status" within 2 status
	if within 2 reload; then ok "$1: baton reload"; else fail "$1: baton reload" "status $?: $(tail -n 2 "$work/said")"; fi
	check "$1: requests are answered after it" answers
}

# --- the control socket, and what it leaves in PID 1
port=$(free_port)
start_in BATON_WORKERS=2 BATON_LISTEN="127.0.0.1:$port" -- "$build/baton" -- "$build/workers/epoll" --port "$port"
ready || fail "serves" "$(tail -n 5 "$work/log")"
pid=$(init_pid)
for _ in 1 2 3 4 5; do baton reload >/dev/null 2>&1; done
python3 "$here/mob.py" "$BATON_CONTROL" ask ASK_STATUS 100
wait_until 10 one_generation
before_rss=$(rss_kib "$pid") before_fds=$(descriptors "$pid")
load_start "a mob at the control socket" --mode new --rate 200 --connections 8 --duration 120 "http://127.0.0.1:$port/"

# mob NAME COUNT KIND: so many clients, and meanwhile status and reload.
mob() {
	local mob
	: >"$work/mob"
	timeout 60 python3 "$here/mob.py" "$BATON_CONTROL" hold "$2" "$3" </dev/null >"$work/mob" 2>"$work/mob.err" &
	mob=$!
	wait_until 10 grep -q there "$work/mob"
	equal "$1: all of them came" "there $2" "$(cat "$work/mob" "$work/mob.err")"
	works "$1"
	kill "$mob"
	wait "$mob" 2>/dev/null
}
mob "1000 clients that say nothing" 1000 silent
mob "200 clients that come back" 200 press
mob "180 clients that talk rubbish" 180 mixed
mob "10 clients that ask for a reload and never read" 10 deaf
load_end "a mob at the control socket" 50
idle "after the mob"

reloads() { for _ in {1..100}; do baton reload --now >/dev/null 2>&1 || return 1; done; }
check "100 reloads" reloads
check "1000 status calls" python3 "$here/mob.py" "$BATON_CONTROL" ask ASK_STATUS 1000
wait_until 10 one_generation
equal "PID 1's descriptors after it all" "$before_fds" "$(descriptors "$pid")"
grown=$(($(rss_kib "$pid") - before_rss))
if [ "$grown" -le 64 ]; then ok "PID 1 has not grown: $grown KiB"; else fail "PID 1 has not grown" "$grown KiB"; fi

# --- a keeper gone mad
for kind in short long type serial descriptors flood; do
	was=$(generation)
	mad=$(keeper)
	[ -n "$mad" ] || { fail "a keeper that sends rubbish ($kind)" "baton is gone: $(tail -n 3 "$work/log")"; break; }
	python3 "$here/rubbish.py" "$mad" "$pid" "$kind" >"$work/said" 2>&1
	case $? in
	0) ;;
	3) skip "a keeper that sends rubbish" "no pidfd_getfd here"; break ;;
	*) fail "a keeper that sends rubbish ($kind)" "$(cat "$work/said")"; continue ;;
	esac
	check "rubbish ($kind): its keeper is killed" wait_until 2 sh -c "! kill -0 $mad"
	check "rubbish ($kind): a new generation serves" wait_until 5 newer
	check "rubbish ($kind): requests are answered" wait_until 5 answers
done
equal "PID 1 is who it was" "$pid" "$(init_pid)"
equal "PID 1's descriptors after the rubbish" "$before_fds" "$(descriptors "$pid" 2>/dev/null)"
idle "after the rubbish"
stop_baton

# --- a worker that floods sd_notify
start_in BATON_WORKERS=2 BATON_LISTEN="127.0.0.1:$port" -- "$build/baton" -- \
	"$build/workers/flood" 50000 "$build/workers/epoll" --port "$port"
ready || fail "flood: serves" "$(tail -n 5 "$work/log")"
load_start "a flood of sd_notify" --mode new --rate 200 --connections 8 --duration 60 "http://127.0.0.1:$port/"
flooded() { [ "$(grep -cx "flooded 50000" "$work/out")" = 2 ]; }
check "flood: 100,000 notices were taken" wait_until 20 flooded
kept=$(descriptors "$(keeper)")	# of 160,000 that were sent
if [ "$kept" -le 40 ]; then ok "flood: its keeper keeps none of the descriptors: $kept"; else fail "flood: its keeper keeps none of the descriptors" "$kept"; fi
check "flood: baton status" within 2 status
load_end "a flood of sd_notify" 50
idle "after the flood"
stop_baton

# --- a stderr that takes nothing
# What of baton's own has come to the places 0 to 2 of a process.
standard() { readlink "/proc/$1/fd/0" "/proc/$1/fd/1" "/proc/$1/fd/2" | grep -E 'socket|anon|memfd|/baton$' | xargs; }
mkfifo "$work/fifo"
exec 8<>"$work/fifo"
timeout 1 dd if=/dev/zero of="$work/fifo" bs=4096 status=none
for stderr in "$work/fifo" /dev/full; do
	err=$stderr
	start_in BATON_LISTEN="127.0.0.1:$port" -- "$build/baton" -- "$build/workers/epoll" --port "$port"
	works "stderr ${stderr##*/}"
	signal_baton TERM
	gone
	equal "stderr ${stderr##*/}: TERM ends it" 0 "$ended"
done
exec 8<&-
unset err
for closed in '2>&-' '0<&- 1>&- 2>&-'; do
	start_in BATON_LISTEN="127.0.0.1:$port" -- sh -c "exec \"\$@\" $closed" sh \
		"$build/baton" -- "$build/workers/epoll" --port "$port"
	works "$closed"
	if [ -n "$(init_pid)" ]; then
		its_keeper=$(keeper)
		for who in "PID 1:$(init_pid)" "the keeper:$its_keeper" "the worker:$(pgrep -P "$its_keeper" | head -n 1)"; do
			equal "$closed: nothing of baton's in 0 to 2 of ${who%:*}" "" "$(standard "${who#*:}")"
		done
	fi
	stop_baton
done

# --- no /proc
# hidden, not there, and that of the processes outside, where all numbers are others'
for without in 'mount -t tmpfs none /proc' 'umount -l /proc && umount -l /proc' 'umount -l /proc'; do
	start_in BATON_LISTEN="127.0.0.1:$port" -- sh -c "$without && exec \"\$@\"" sh \
		"$build/baton" -- "$build/workers/epoll" --port "$port"
	works "after $without"
	signal_baton TERM
	gone
	equal "after $without: TERM ends it" 0 "$ended"
done

# --- a root that nobody can write to
mkdir -p "$work/root/proc" "$work/root/dev"
cp "$build/baton" "$build/workers/epoll" "$work/root/"
: >"$work/root/dev/null"
unset BATON_CONTROL
env unshare -fpm --kill-child sh -c 'mount --bind "$1" "$1" && mount -t proc none "$1/proc" &&
	mount --bind /dev/null "$1/dev/null" && mount -o remount,bind,ro "$1" && exec chroot "$@"' sh \
	"$work/root" /baton -- /epoll --port "$port" </dev/null >"$work/out" 2>"$work/log" &
baton_pid=$!
wait_until 5 answers
inside() { timeout 2 nsenter -t "$(init_pid)" -m -p -r -w /baton "$@" >"$work/said" 2>&1; }
check "a read-only root: requests are answered" answers
check "a read-only root: baton status" inside status
check "a read-only root: baton reload" inside reload
equal "a read-only root: nothing to complain of" "" "$(grep -iE 'cannot|error' "$work/log")"
stop_baton
export BATON_CONTROL=$work/control.sock

# --- few descriptors
start_in BATON_WORKERS=3 BATON_LISTEN="127.0.0.1:$port" BATON_DRAIN_TIMEOUT=5s -- prlimit --nofile=64:64 \
	"$build/baton" -- "$build/workers/epoll" --port "$port"
ready || fail "64 descriptors: serves" "$(tail -n 5 "$work/log")"
load_start "64 descriptors, 60 kept-alive clients" --mode keepalive --connections 60 --think 300 --duration 60 "http://127.0.0.1:$port/"
mob "64 descriptors, 30 clients" 30 silent
wait_until 10 one_generation
load_end "64 descriptors, 60 kept-alive clients" 60
equal "64 descriptors: nothing to complain of" "" "$(grep -E 'cannot|Too many' "$work/log")"
stop_baton
start_in BATON_LISTEN="127.0.0.1:$port" -- prlimit --nofile=24:24 \
	"$build/baton" -- "$build/workers/epoll" --port "$port"
ready || fail "24 descriptors: serves" "$(tail -n 5 "$work/log")"
timeout 60 python3 "$here/mob.py" "$BATON_CONTROL" hold 30 silent </dev/null >"$work/mob" 2>&1 &
crowd=$!
wait_until 6 grep -q there "$work/mob"
idle "24 descriptors and 30 clients"
check "24 descriptors: requests are answered" answers
check "24 descriptors: baton status" within 2 status
kill "$crowd"
wait "$crowd" 2>/dev/null
check "24 descriptors: baton status when they are gone" within 2 status
stop_baton

# --- no process to be had, for nobody of this user
mkdir "$work/control" && chown 54321 "$work/control"
export BATON_CONTROL=$work/control/sock
user=(setpriv --reuid 54321 --regid 54321 --clear-groups)
env BATON_LISTEN="127.0.0.1:$port" BATON_RESTART_LIMIT=none "${user[@]}" \
	"$build/baton" -- "$build/workers/epoll" --port "$port" </dev/null >"$work/out" 2>"$work/log" &
plain=$!
ready || fail "no processes: serves" "$(tail -n 5 "$work/log")"
its_keeper=$(keeper "$plain")
most=$("${user[@]}" prlimit --pid "$its_keeper" --nproc --output HARD --noheadings --raw)
# processes LIMIT: of PID 1, its keeper and what they start
processes() { for pid in "$plain" "$its_keeper"; do "${user[@]}" prlimit --pid "$pid" --nproc="$1:$most"; done; }
processes 1
check "no processes: baton status" within 2 status
within 5 reload
equal "no processes: a reload fails" 1 $?
if grep -q "Resource temporarily unavailable" "$work/said"; then ok "no processes: and says why"; else fail "no processes: and says why" "$(cat "$work/said")"; fi
check "no processes: the old generation serves on" answers
lines=$(wc -l <"$work/log")
pkill -9 -P "$its_keeper" -f workers/epoll
read -rt 3 <> <(:) || :
said=$(($(wc -l <"$work/log") - lines))
if [ "$said" -ge 1 ] && [ "$said" -le 5 ]; then ok "no processes: $said lines in 3 s"
else fail "no processes: a few lines in 3 s" "$said: $(tail -n 3 "$work/log")"; fi
lines=$(wc -l <"$work/log")
kill -9 "$its_keeper"
read -rt 2 <> <(:) || :
said=$(($(wc -l <"$work/log") - lines))
if [ "$said" -ge 1 ] && [ "$said" -le 20 ]; then ok "no processes, no keeper: $said lines in 2 s"
else fail "no processes, no keeper: a few lines in 2 s" "$said: $(tail -n 3 "$work/log")"; fi
processes "$most" 2>/dev/null
check "no processes: requests are answered when there are some" wait_until 8 answers
kill "$plain"
wait_until 5 sh -c "! kill -0 $plain 2>/dev/null" || kill -9 "$plain"
wait "$plain"
export BATON_CONTROL=$work/control.sock

# --- little memory
start_in BATON_LISTEN="127.0.0.1:$port" -- prlimit --as=67108864:67108864 \
	"$build/baton" -- "$build/workers/epoll" --port "$port"
works "64 MiB of address space"
stop_baton
finish
