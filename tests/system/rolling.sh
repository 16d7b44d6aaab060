#!/usr/bin/env bash
# Goal: with BATON_STRATEGY=rolling the workers of a generation are replaced one at a time: nothing is
# lost, there is never more than one worker too many, and a release that fails half way is taken back
# worker by worker.
. "$(dirname "$0")/lib.sh"
reloads=${RELOADS:-2}
rolling="BATON_STRATEGY=rolling"

census_start() { # WORD
	python3 "$root/tests/system/census.py" "$1" >"$work/census" &
	census=$!
	wait_until 10 grep -q looking "$work/census"
}
# census_end NAME MOST FEWEST
census_end() {
	local most fewest looks
	kill "$census" && wait "$census"
	read -r most fewest looks < <(tail -n 1 "$work/census")
	if [ "$most" -le "$2" ] && [ "$fewest" -ge "$3" ]; then ok "$1: $fewest to $most workers in $looks looks"
	else fail "$1: from $3 to $2 workers" "from $fewest to $most in $looks looks"; fi
}

answering() { # URL [COUNT]: "generation worker" of those who answer new connections
	local i
	for ((i = 0; i < ${2:-80}; i++)); do
		curl -s -m 5 "$1" | sed -n 's/.*generation=\([0-9]*\) worker=\([0-9]*\).*/\1.\2/p'
	done | sort -u | tr '\n' ' '
}

# roll NAME WORD PORT VARIABLE... -- COMMAND...: handoffs of four workers under load.
roll() {
	local name=$1 word=$2 url="http://127.0.0.1:$3" i
	shift 3
	start_baton BATON_WORKERS=4 $rolling BATON_DRAIN_TIMEOUT=4s "$@"
	if ! ready 20; then
		fail "$name: starts" "not ready: $(tail -n 5 "$work/log")"
		stop_baton
		return
	fi
	load_start "$name, new connections" --mode new --rate 100 --connections 16 --duration 300 --order off "$url/"
	load_start "$name, slow requests" --mode slow --rate 15 --connections 16 --duration 300 --order off "$url/slow"
	census_start "$word"
	for ((i = 0; i < reloads; i++)); do
		baton reload --drained >"$work/reload" 2>&1 || fail "$name: reload" "$(tail -n 5 "$work/reload")"
	done
	census_end "$name" 5 4
	load_end "$name, new connections" 30
	load_end "$name, slow requests" 5
	equal "$name: handoffs" "$reloads" "$(status 's["services"][0]["handoffs"]["done"]')"
	equal "$name: left behind" 0 "$(status 's["services"][0]["handoffs"]["left_behind"]')"
	i=$((reloads + 1))
	equal "$name: who serves" "$i.0 $i.1 $i.2 $i.3 " "$(answering "$url/")"
	stop_baton
}

port=$(free_port)
roll "c" "$build/workers/epoll" "$port" -- "$build/workers/epoll" --port "$port"
port=$(free_port)
reloads=1 roll "c, declared" "$build/workers/epoll" "$port" BATON_LISTEN="127.0.0.1:$port" -- \
	"$build/workers/epoll" --port "$port"
if command -v node >/dev/null; then
	port=$(free_port)
	cat >"$work/server.js" <<-JS
		require('http').createServer((q, s) => {
			const answer = () => s.end(
				\`generation=\${process.env.BATON_GENERATION} worker=\${process.env.BATON_WORKER}\n\`)
			if (q.url === '/slow') setTimeout(answer, 300)
			else answer()
		}).listen($port)
	JS
	roll node "$work/server.js" "$port" -- node "$work/server.js"
else
	skip node "node is not installed"
fi

# --- a release that fails at its third worker of four ---
# fails NAME HOW SAYS VARIABLE...: HOW is what that worker does instead of serving
fails() {
	local name=$1 how=$2 says=$3 url
	shift 3
	port=$(free_port)
	url="http://127.0.0.1:$port"
	cat >"$work/bad" <<-SH
		#!/bin/sh
		[ "\$BATON_GENERATION" = 1 ] || [ "\$BATON_WORKER" != 2 ] || $how
		exec "$build/workers/epoll" --port $port
	SH
	chmod +x "$work/bad"
	start_baton BATON_WORKERS=4 $rolling BATON_DRAIN_TIMEOUT=4s "$@" -- "$work/bad"
	if ! ready 20; then
		fail "$name: starts" "not ready: $(tail -n 5 "$work/log")"
		stop_baton
		return
	fi
	load_start "$name, new connections" --mode new --rate 100 --connections 16 --duration 300 --order off "$url/"
	load_start "$name, slow requests" --mode slow --rate 15 --connections 16 --duration 300 --order off "$url/slow"
	census_start "$build/workers/epoll"
	baton reload >"$work/reload" 2>&1
	equal "$name: the reload fails" 1 $?
	check "$name: and says why" grep -q "$says" "$work/reload"
	check "$name: the old generation is whole again" wait_until 15 sh -c \
		"! '$build/baton' status --json | grep -q '\"id\":2'"
	census_end "$name" 5 3
	load_end "$name, new connections" 10
	load_end "$name, slow requests" 1
	equal "$name: who serves" "1.0 1.1 1.2 1.3 " "$(answering "$url/")"
	equal "$name: left behind" 0 "$(status 's["services"][0]["handoffs"]["left_behind"]')"
	equal "$name: and another try is possible" 1 "$(baton reload >/dev/null 2>&1; echo $?)"
	stop_baton
}
fails "it crashes" "exit 3" "worker 2 ended with exit code 3" BATON_RESTART=on-failure
fails "it never accepts" "exec sleep 60" "not ready within 1s" BATON_READY_TIMEOUT=1s

# --- the middle of a roll: each new worker takes a while to start ---
# begin_slowly NAME VARIABLE... -- : two places have moved when it returns
begin_slowly() {
	local name=$1
	shift
	port=$(free_port)
	start_baton BATON_WORKERS=4 $rolling BATON_DRAIN_TIMEOUT=4s "$@" \
		"$build/workers/epoll" --port "$port" --delay-start 400
	ready 20 || fail "$name: starts" "not ready: $(tail -n 5 "$work/log")"
	load_start "$name" --mode new --rate 100 --connections 16 --duration 300 --order off "http://127.0.0.1:$port/"
	baton reload --no-wait >/dev/null 2>&1
	wait_until 15 grep -q "generation 2: worker 2 of 4 serves" "$work/log" || fail "$name: begins" "$(tail -n 5 "$work/log")"
}

name="the new generation is killed"
begin_slowly "$name" --
pkill -KILL -P "$(init_pid)" -f "^baton keeper 2 "
check "$name: the old one is whole again" wait_until 15 eval \
	'[ "$(answering "http://127.0.0.1:$port/" 40)" = "1.0 1.1 1.2 1.3 " ]'
kill -INT "${load_pids[$name]}"
wait "${load_pids[$name]}"
equal "$name: refused or late" 0 "$(load_value "$name" 'sum(r["failures"].get(k, 0) for k in ("refused", "timeout"))')"
if baton reload --drained >"$work/reload" 2>&1; then ok "$name: and the next one serves"
else fail "$name: and the next one serves" "$(cat "$work/reload")"; fi
stop_baton

name="it ends in the middle"
begin_slowly "$name" --
signal_baton TERM
await_end
equal "$name: exit status" 0 "$ended"
kill -KILL "${load_pids[$name]}"
wait "${load_pids[$name]}" 2>/dev/null

# --- where connections cannot be steered it is a whole generation ---
name="without steering"
port=$(free_port)
mkdir -p "$work/bin"
printf '#!/bin/sh\nexec "%s" steer "%s" "$@"\n' "$build/workers/without" "$build/baton" >"$work/bin/baton"
chmod 755 "$work/bin/baton"
real=$build
build=$work/bin start_baton BATON_WORKERS=3 $rolling BATON_STOP_TIMEOUT=3s BATON_DRAIN_TIMEOUT=3s -- \
	"$real/workers/epoll" --port "$port"
ready 20 || fail "$name: starts" "not ready: $(tail -n 5 "$work/log")"
check "$name: it says that it does not roll" grep -q "BATON_STRATEGY=rolling have no effect" "$work/log"
"$real/baton" reload >"$work/reload" 2>&1
equal "$name: a reload is done" 0 $?
equal "$name: at once" 0 "$(grep -c "worker 1 of" "$work/log")"
stop_baton
finish
