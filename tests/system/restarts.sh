#!/usr/bin/env bash
# Goal: what ends is started again as BATON_RESTART says, later and later, and said in one line each
# time; what grows too big or too old is replaced and nobody notices; who stands above baton (a
# balancer, a service manager, the OOM killer) knows in time.
. "$(dirname "$0")/lib.sh"
here=$root/tests/system
port=$(free_port)
serves=(BATON_LISTEN="127.0.0.1:$port" BATON_RESTART_DELAY=100ms..800ms BATON_RESTART_LIMIT=none)
starts() { wc -l <"$work/$1" 2>/dev/null || echo 0; }
# Its end, within 10 s; else it is killed.
gone() { wait_until 10 sh -c "! kill -0 $baton_pid 2>/dev/null" || kill -9 $(init_pid) "$baton_pid"; await_end; }
started() { [ "$(starts "$1")" -ge "$2" ]; }
generation() { status 's["services"][0]["generation"] or 0' 2>/dev/null || echo 0; }
reached() { [ "$(generation)" -ge "$1" ]; }
now_ms() { local now=$EPOCHREALTIME; echo $((${now/[.,]/} / 1000)); }
# between NAME LEAST MOST GOT
between() {
	if [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then ok "$1: $4"; else fail "$1" "$4 is not from $2 to $3"; fi
}

# --- meanwhile: a worker that fails five times, runs well for 10 s, and fails again
well_port=$(free_port)
env BATON_CONTROL="$work/well.sock" BATON_LISTEN="127.0.0.1:$well_port" BATON_RESTART_DELAY=100ms..30s \
	BATON_RESTART_LIMIT=none "$build/baton" -- "$build/workers/ending" "$well_port" "$work/well" 3 200 20 20 20 10100 20 60000 \
	</dev/null >"$work/well.out" 2>&1 &
well=$!

# --- which ends lead to a new start
# ends NAME WANTED-STATUS VARIABLES... -- CODE: what baton ends with when its worker does after 100 ms
ends() {
	local name=$1 wanted=$2
	local -a variables=()
	shift 2
	while [ "$1" != -- ]; do variables+=("$1"); shift; done
	rm -f "$work/ends"
	start_baton "${serves[@]}" "${variables[@]}" -- "$build/workers/ending" "$port" "$work/ends" "$2" 100
	gone
	equal "$name: status" "$wanted" "$ended"
}
ends "never, exit code 5" 5 BATON_RESTART=never -- 5
equal "never, exit code 5: starts" 1 "$(starts ends)"
ends "never, killed" 137 BATON_RESTART=never -- -9
ends "on-failure, exit code 0" 0 BATON_RESTART=on-failure -- 0
equal "on-failure, exit code 0: starts" 1 "$(starts ends)"
ends "on-failure, an exit code that is good" 0 BATON_RESTART=on-failure BATON_EXIT_OK=5 -- 5
equal "on-failure, an exit code that is good: starts" 1 "$(starts ends)"
ends "the limit, exit code 7" 7 BATON_RESTART_LIMIT=3/1m BATON_RESTART_DELAY=20ms..50ms -- 7
equal "the limit, exit code 7: starts" 4 "$(starts ends)"
ends "the limit, killed" 139 BATON_RESTART_LIMIT=2/1m BATON_RESTART_DELAY=20ms..50ms -- -11
# to give up is no success, whatever the worker said last
ends "the limit, exit code 0 with always" 1 BATON_RESTART=always BATON_RESTART_LIMIT=3/1m BATON_RESTART_DELAY=20ms..50ms -- 0
equal "the limit, exit code 0 with always: starts" 4 "$(starts ends)"

# --- later and later
cat >"$work/gaps.py" <<-'PY'
	import sys
	jitter, file, run, want = sys.argv[1], sys.argv[2], float(sys.argv[3]), [float(w) for w in sys.argv[4:]]
	at = [int(line) for line in open(file)]
	gaps = [b - a - run for a, b in zip(at, at[1:])][:len(want)]
	# up to a quarter less; the machine may be slow
	bad = [f"{g:.0f} ms for {w:.0f} ms" for g, w in zip(gaps, want) if not 0.74 * w <= g <= w + 120]
	if len(gaps) < len(want) or bad:
	    sys.exit(f"{gaps}, wanted {want}: {bad}")
	if jitter == "jitter" and all(g > 0.97 * w for g, w in zip(gaps, want)):
	    sys.exit(f"no jitter: {gaps}")
PY
gaps() { # NAME jitter|any FILE RUN-MS WANTED-MS...
	if python3 "$work/gaps.py" "${@:2}" >"$work/said" 2>&1; then ok "$1"; else fail "$1" "$(cat "$work/said")"; fi
}
start_baton "${serves[@]}" -- "$build/workers/ending" "$port" "$work/loop" 3 50
wait_until 10 started loop 6
gaps "a worker's delay doubles up to the longest, with jitter" jitter "$work/loop" 50 100 200 400 800 800

# --- and what is said: one line an end, with the count and the next try
# lines_of FILE COUNT: at most that many lines tell of the ends, and the third tells of a third
lines_of() {
	local name=$1 log=$2 most=$3 third
	grep -E 'exit code 3' "$log" >"$work/ends.log"
	between "$name: lines" 1 "$most" "$(wc -l <"$work/ends.log")"
	equal "$name: no other lines" 0 "$(grep -vcE 'exit code 3|tier|given 127|serving|started: stderr' <(tail -n +3 "$log"))"
	check "$name: each with the next try" test "$(grep -cE 'in [0-9.]+m?s' "$work/ends.log")" = "$(wc -l <"$work/ends.log")"
	third=$(sed -n 3p "$work/ends.log" | sed -E 's/generation [0-9]+//g; s/worker [0-9]+//; s/\(pid [0-9]+\)//; s/exit code 3//; s/[0-9.]+m?s//')
	if [[ $third =~ (^|[^0-9])3([^0-9]|$) ]]; then ok "$name: the third counts to three"
	else fail "$name: the third counts to three" "$(sed -n 3p "$work/ends.log")"; fi
}
cp "$work/log" "$work/loop.log"
lines_of "a worker in a loop" "$work/loop.log" "$(starts loop)"
stop_baton
start_baton "${serves[@]}" BATON_RESTART_LIMIT=3/1m BATON_RESTART_DELAY=20ms..50ms -- "$build/workers/ending" - "$work/limit" 9 20
gone
equal "the limit of a command that never serves: status" 9 "$ended"
equal "the limit of a command that never serves: starts" 4 "$(starts limit)"
start_baton "${serves[@]}" -- "$build/workers/ending" - "$work/early" 3 20
wait_until 10 started early 6
cp "$work/log" "$work/early.log"
gaps "a command that never serves: its delay doubles too" any "$work/early" 20 100 200 400 800 800
lines_of "a command that never serves" "$work/early.log" "$(starts early)"
stop_baton

# --- too big, too old: replaced under load
# replaced NAME VARIABLE=VALUE LEAST MOST COMMAND...: that many generations come within 8 s of load
replaced() {
	local name=$1 variable=$2 least=$3 most=$4
	local began
	began=$(now_ms)
	start_baton "$variable" BATON_LISTEN="127.0.0.1:$port" BATON_DRAIN_TIMEOUT=5s -- "${@:5}"
	if ! wait_until 5 baton ready; then
		fail "$name: serves" "$(tail -n 2 "$work/log")"
		stop_baton
		return
	fi
	load_start "$name, new connections" --mode new --rate 40 --connections 8 --duration 30 --generation generation= "http://127.0.0.1:$port/"
	load_start "$name, kept-alive ones" --mode keepalive --connections 4 --think 160 --duration 30 --generation generation= "http://127.0.0.1:$port/"
	wait_until 9 reached "$least"
	took=$(($(now_ms) - began))
	between "$name: generations" "$least" "$most" "$(generation)"
	load_end "$name, new connections" 40
	load_end "$name, kept-alive ones" 20
	if grep -q "${variable%=*}" "$work/log"; then ok "$name: the log says why"
	else fail "$name: the log says why" "$(tail -n 4 "$work/log")"; fi
}
replaced "BATON_MAX_AGE" BATON_MAX_AGE=2s 3 5 "$build/workers/epoll" --port "$port"
[ -z "$baton_pid" ] || between "BATON_MAX_AGE: twice, ms" 4000 7000 "$took"
stop_baton
replaced "BATON_MEMORY" BATON_MEMORY=80M 3 12 python3 "$here/leak.py" "$port"
if [ -n "$baton_pid" ]; then
	wait_until 2 false
	was=$(generation)
	wait_until 2 false
	equal "BATON_MEMORY: without load it stays" "$was" "$(generation)"
fi
stop_baton

# --- the lame duck
for term in default ignore; do
	start_baton BATON_LISTEN="127.0.0.1:$port" BATON_LAMEDUCK=3s BATON_STOP_TIMEOUT=1s -- \
		"$build/workers/epoll" --port "$port" --term "$term"
	ready || fail "lame duck ($term): serves" "$(tail -n 2 "$work/log")"
	load_start "lame duck ($term)" --mode new --rate 100 --connections 4 --duration 30 "http://127.0.0.1:$port/"
	wait_until 5 curl -sf "http://127.0.0.1:$port/"
	signal_baton TERM
	asked=$(now_ms)
	baton ready >/dev/null 2>&1
	said=$?
	between "lame duck ($term): not ready at once, ms" 0 300 $(($(now_ms) - asked))
	equal "lame duck ($term): as baton ready says" 1 "$said"
	check "lame duck ($term): alive" baton live
	wait_until 3 sh -c "[ \$((\$(date +%s%3N) - $asked)) -ge 1300 ]"
	load_end "lame duck ($term)" 50
	check "lame duck ($term): serves until its end" curl -sf --max-time 1 -o /dev/null "http://127.0.0.1:$port/"
	gone
	took=$(($(now_ms) - asked))
	if [ "$term" = ignore ]; then
		between "lame duck ($term): and the grace, ms" 3900 4900 "$took"
		equal "lame duck ($term): status" 137 "$ended"
	else
		between "lame duck ($term): no longer than it takes, ms" 2900 3900 "$took"
		equal "lame duck ($term): status" 0 "$ended"
	fi
done

# --- who stands above by sd_notify
# heard EXPRESSION on `all`, the datagrams so far
heard() { python3 -c "import json, sys; all = [json.loads(l) for l in open('$work/heard')][1:]; sys.exit(not ($1))"; }
words() { python3 -c "
import json
print(' '.join(w for l in open('$work/heard') for k, v in json.loads(l).items() for w in [k + '=' + v if k in ('READY', 'RELOADING', 'STOPPING') else ''] if w))"; }
for name in "$work/notify.sock" "@baton-test-$$"; do
	what=${name:0:1}
	case $what in @) what="an abstract name" ;; *) what="a path" ;; esac
	timeout 60 python3 "$here/notified.py" "$name" </dev/null >"$work/heard" 2>&1 &
	listener=$!
	wait_until 5 grep -q listening "$work/heard"
	began=$(python3 -c 'import time; print(time.monotonic_ns() // 1000)')
	start_baton NOTIFY_SOCKET="$name" BATON_LISTEN="127.0.0.1:$port" -- "$build/workers/epoll" --port "$port" --delay-start 400
	ready
	wait_until 2 heard 'len(all) > 0'
	check "$what: quiet until it serves" heard "len(all) > 0 and all[0]['at'] - $began >= 400000"
	equal "$what: READY=1 when it serves" "READY=1" "$(words)"
	check "$what: with a STATUS" heard 'any("STATUS" in h and "generation 1" in h["STATUS"] for h in all)'
	check "$what: sent by PID 1" heard "len(all) > 0 and all[0]['pid'] == $(init_pid)"
	baton reload >/dev/null 2>&1
	wait_until 2 heard 'sum("READY" in h for h in all) == 2'
	equal "$what: around a handoff" "READY=1 RELOADING=1 READY=1" "$(words)"
	check "$what: with the moment" heard 'any("RELOADING" in h and 0 <= h["at"] - int(h["MONOTONIC_USEC"]) < 1000000 for h in all)'
	check "$what: and the new generation" heard 'any("generation 2" in h.get("STATUS", "") for h in all)'
	signal_baton TERM
	gone
	wait_until 1 heard 'any("STOPPING" in h for h in all)'
	equal "$what: at the end" "READY=1 RELOADING=1 READY=1 STOPPING=1" "$(words)"
	kill "$listener"
	wait "$listener" 2>/dev/null
done
start_baton NOTIFY_SOCKET="$work/nobody.sock" BATON_LISTEN="127.0.0.1:$port" -- "$build/workers/epoll" --port "$port"
check "nobody hears: it serves" ready
worker=$(pgrep -P "$(pgrep -P "$(init_pid)" -f "baton keeper" | head -n 1)" | head -n 1)
check "a worker is not told of who stands above" sh -c "tr '\0' '\n' </proc/$worker/environ >'$work/told' && ! grep -q nobody.sock '$work/told'"
check "nobody hears: it reloads" baton reload --no-wait
stop_baton

# --- whom the kernel ends first when there is no memory
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$work/site/src"
	cp "$build/workers/epoll" "$work/site/src/server"
	cd "$work/site" || exit 1
	start_baton BATON_LISTEN="127.0.0.1:$port" BATON_LIVE=dist \
		BATON_BUILD='cp src/server "$BATON_OUT"; [ ! -e src/slow ] || sleep 8.25' \
		-- dist/server --port "$port"
	ready || fail "OOM: serves" "$(tail -n 3 "$work/log")"
	: >src/slow
	baton build --no-wait >/dev/null 2>&1
	wait_until 5 pgrep -f '^sleep 8\.25'
	score() { cat "/proc/${1:-none}/oom_score_adj" 2>/dev/null || echo none; }
	of_build=$(score "$(pgrep -f '^sleep 8\.25' | head -n 1)") of_init=$(score "$(init_pid)")
	of_worker=$(score "$(pgrep -f "release.*/server --port $port|dist/server --port $port" | tail -n 1)")
	equal "OOM: a build first" 1000 "$of_build"
	between "OOM: then a worker" $((of_init + 1)) 999 "$of_worker"
	cd "$root" || exit 1
	stop_baton
else
	skip "whom the kernel ends first" "needs root"
fi

# --- what ran well begins anew
wait_until 15 started well 6
python3 - "$work/well" >"$work/said" 2>&1 <<-'PY'
	import sys
	at = [int(line) for line in open(sys.argv[1])]
	if len(at) < 6:
	    sys.exit(f"only {len(at)} starts")
	doubled, anew = at[4] - at[3] - 20, at[5] - at[4] - 10100
	if not 590 <= doubled <= 920 or not 70 <= anew <= 220:
	    sys.exit(f"{doubled} ms before it ran well, {anew} ms after it")
PY
if [ $? = 0 ]; then ok "and begins anew after it ran well"; else fail "and begins anew after it ran well" "$(cat "$work/said")"; fi
kill "$well" 2>/dev/null
wait "$well" 2>/dev/null
finish
