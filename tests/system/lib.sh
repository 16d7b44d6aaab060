# lib.sh - what the scenarios share. Source it first: it goes to the repository's root.
#
# A scenario prints `ok NAME`, `FAIL NAME: why` or `SKIP NAME: reason`, and ends with finish.
# Everything it starts runs below a temporary directory $work and is ended when it exits.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
root=$PWD
build=${BUILD:-$root/build}
[[ $build = /* ]] || build=$root/$build
work=$(mktemp -d /tmp/baton-test.XXXXXX)
chmod 755 "$work"
failures=0
baton_pid=

ok() { echo "ok $1"; }
fail() { echo "FAIL $1: ${2:-}"; failures=$((failures + 1)); }
skip() { echo "SKIP $1: $2"; }
check() { # NAME COMMAND...: ok if it succeeds
	local name=$1
	shift
	if "$@"; then ok "$name"; else fail "$name" "$*"; fi
}
equal() { # NAME WANTED GOT
	if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "wanted '$2', got '$3'"; fi
}
finish() { exit $((failures > 0)); }

# A port that nobody has, below those that the kernel gives to clients (ip_local_port_range): who connects
# from one of these would be in the way of who binds it later.
free_port() {
	python3 -c '
import random, socket
while True:
    port = random.randint(10000, 32000)
    try:
        with socket.socket() as s: s.bind(("", port))
        break
    except OSError: pass
print(port)'
}

# wait_until SECONDS COMMAND...: until it succeeds; looks 20 times a second.
wait_until() {
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		read -rt 0.05 <> <(:) || :
	done
}

# start_baton [VARIABLE=VALUE...] -- COMMAND...: baton as a real PID 1 where that can be had.
# Its log is $work/log; $baton_pid the process to signal (not PID 1 itself: see signal_baton).
start_baton() {
	local -a environment=() prefix=()
	while [ "$1" != -- ]; do environment+=("$1"); shift; done
	shift
	export BATON_CONTROL=$work/control.sock
	[ "$(id -u)" = 0 ] && prefix=(unshare -fp --mount-proc --kill-child)
	rm -f "$work/control.sock"
	env BATON_CONTROL="$work/control.sock" "${environment[@]}" \
		"${prefix[@]}" "$build/baton" -- "$@" >"$work/out" 2>"$work/log" &
	baton_pid=$!
	wait_until 5 test -S "$work/control.sock"
}

# PID 1's pid as it is seen from here.
init_pid() {
	if [ "$(id -u)" = 0 ]; then pgrep -P "$baton_pid" | head -n 1; else echo "$baton_pid"; fi
}
signal_baton() { kill "-$1" "$(init_pid)"; }

# Wait for its end; the exit status is in $ended. unshare passes on that of PID 1.
await_end() {
	wait "$baton_pid"
	ended=$?
	baton_pid=
}

baton() { "$build/baton" "$@"; }
ready() { wait_until "${1:-20}" baton ready; }

# One value of `baton status --json`, by a Python expression on s.
status() {
	baton status --json | python3 -c "import json, sys; s = json.load(sys.stdin); print($1)"
}

# The generation's pids: workers of who serves.
worker_pids() { status '" ".join(str(w["pid"]) for g in s["services"][0]["generations"] if g["state"] == "serving" for w in g["workers"])'; }

# load_start NAME ARGUMENTS...: in the background; load_end NAME checks that nothing failed.
declare -A load_pids
load_start() {
	local name=$1
	shift
	"$build/load" --json "$@" >"$work/load.$name" 2>"$work/load.$name.err" &
	load_pids[$name]=$!
}
load_value() { # NAME PYTHON-EXPRESSION on r
	python3 -c "import json, sys; r = json.load(open('$work/load.$1')); print($2)"
}
load_end() { # NAME [LEAST-REQUESTS]
	local least=${2:-1}
	kill -INT "${load_pids[$1]}" 2>/dev/null
	wait "${load_pids[$1]}"
	if [ ! -s "$work/load.$1" ]; then
		fail "$1: nothing lost" "no report: $(tail -n 3 "$work/load.$1.err")"
	elif [ "$(load_value "$1" 'r["failed_total"]')" != 0 ]; then
		fail "$1: nothing lost" "$(load_value "$1" '{k: v for k, v in r["failures"].items() if v}') of $(load_value "$1" 'r["requests"]')"
	elif [ "$(load_value "$1" 'r["requests"]')" -lt "$least" ]; then
		fail "$1: nothing lost" "only $(load_value "$1" 'r["requests"]') requests of $least"
	else
		ok "$1: nothing lost of $(load_value "$1" 'r["requests"]') requests"
	fi
}

stop_baton() {
	[ -n "$baton_pid" ] || return 0
	signal_baton TERM 2>/dev/null
	wait_until 15 sh -c "! kill -0 $baton_pid 2>/dev/null" || kill -9 "$baton_pid" 2>/dev/null
	wait "$baton_pid" 2>/dev/null
	baton_pid=
}

cleanup() {
	local pid
	for pid in "${load_pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
	[ -z "$baton_pid" ] || { kill -9 "$(init_pid)" "$baton_pid" 2>/dev/null; wait "$baton_pid" 2>/dev/null; }
	[ "$failures" = 0 ] || { echo "--- the last lines of baton's log:"; tail -n 25 "$work/log" 2>/dev/null; }
	rm -rf "$work"
}
trap cleanup EXIT
