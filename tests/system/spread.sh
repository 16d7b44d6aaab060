#!/usr/bin/env bash
# Goal: with BATON_SPREAD=worker each worker accepts from a socket of its own: all of them serve, a
# handoff loses nothing, nobody waits for a worker that has crashed, and a generation is ready only
# when every worker of it accepts.
. "$(dirname "$0")/lib.sh"

# Who answers: the indices of the workers of so many new connections, one of each.
answering() { # URL [COUNT]
	local i
	for ((i = 0; i < ${2:-80}; i++)); do
		curl -s -m 5 "$1" | sed -n 's/.*worker=\([0-9]*\).*/\1/p'
	done | sort -n | uniq | tr '\n' ' '
}


# hand_over NAME PORT WORKERS VARIABLE... -- COMMAND...
hand_over() {
	local name=$1 port=$2 count=$3 url="http://127.0.0.1:$2/" i
	shift 3
	start_baton BATON_WORKERS="$count" BATON_SPREAD=worker BATON_DRAIN_TIMEOUT=4s "$@"
	if ! ready 20; then
		fail "$name: starts" "not ready: $(tail -n 5 "$work/log")"
		stop_baton
		return
	fi
	load_start "$name" --mode new --rate 200 --connections 16 --duration 60 "$url"
	for ((i = 0; i < 3; i++)); do
		baton reload --drained >"$work/reload" 2>&1 || fail "$name: reload" "$(tail -n 5 "$work/reload")"
		equal "$name: who serves after handoff $((i + 1))" \
			"$(seq -s ' ' 0 $((count - 1))) " "$(answering "$url")"
	done
	load_end "$name" 200
	equal "$name: left behind" 0 "$(status 's["services"][0]["handoffs"]["left_behind"]')"
	stop_baton
}

port=$(free_port)
hand_over "c, learned" "$port" 4 -- "$build/workers/epoll" --port "$port"
port=$(free_port)
hand_over "c, declared" "$port" 4 BATON_LISTEN="127.0.0.1:$port" -- \
	"$build/workers/epoll" --port "$port"
port=$(free_port)
hand_over "c, LISTEN_FDS" "$port" 3 BATON_LISTEN="127.0.0.1:$port" BATON_ADOPT=env -- \
	"$build/workers/activated"
if command -v node >/dev/null; then
	port=$(free_port)
	cat >"$work/server.js" <<-JS
		require('http').createServer((q, s) => s.end(
			\`generation=\${process.env.BATON_GENERATION} worker=\${process.env.BATON_WORKER}\n\`)).listen($port)
	JS
	hand_over node "$port" 4 -- node "$work/server.js"
else
	skip node "node is not installed"
fi

# --- one worker crashes, and is not to be started again for longer than anybody would wait ---
port=$(free_port)
start_baton BATON_WORKERS=4 BATON_SPREAD=worker BATON_RESTART_DELAY=3s..3s -- \
	"$build/workers/epoll" --port "$port"
if ready 20; then
	load_start crash --mode new --rate 200 --connections 16 --timeout 1500 --duration 60 "http://127.0.0.1:$port/"
	victim=$(status 's["services"][0]["generations"][0]["workers"][2]["pid"]')
	nsenter -t "$(init_pid)" -p -m kill -KILL "$victim" 2>/dev/null
	check "a crashed worker is passed over" wait_until 2 \
		sh -c "! for i in \$(seq 40); do curl -s -m 1 http://127.0.0.1:$port/ || echo failed; done | grep -E 'worker=2|failed'"
	check "and has its share again when it is back" wait_until 10 \
		sh -c "for i in \$(seq 40); do curl -s -m 1 http://127.0.0.1:$port/; done | grep 'worker=2'"
	kill -INT "${load_pids[crash]}" 2>/dev/null
	wait "${load_pids[crash]}"
	# what the dead worker had accepted is lost with it; what it had not is served later
	lost=$(load_value crash 'r["failed_total"]')
	if [ "$lost" -le 2 ]; then ok "a crash costs $lost of $(load_value crash 'r["requests"]') requests"
	else fail "a crash costs little" "$(load_value crash '{k: v for k, v in r["failures"].items() if v}')"; fi
else
	fail "a crashed worker is passed over" "not ready: $(tail -n 5 "$work/log")"
fi
stop_baton

# --- a generation of which one worker never accepts is not ready ---
port=$(free_port)
cat >"$work/one-is-deaf" <<-SH
	#!/bin/sh
	[ "\$BATON_GENERATION" = 1 ] || [ "\$BATON_WORKER" != 2 ] || exec sleep 60
	exec "$build/workers/epoll" --port $port
SH
chmod +x "$work/one-is-deaf"
start_baton BATON_WORKERS=4 BATON_SPREAD=worker BATON_LISTEN="127.0.0.1:$port" BATON_READY_TIMEOUT=2s -- "$work/one-is-deaf"
if ready 20; then
	baton reload >"$work/reload" 2>&1
	equal "one deaf worker of four fails its generation" 1 $?
	equal "and the old one serves on" "0 1 2 3 " "$(answering "http://127.0.0.1:$port/")"
else
	fail "one deaf worker of four fails its generation" "not ready: $(tail -n 5 "$work/log")"
fi
stop_baton

# --- as many as there may be ---
port=$(free_port)
start_baton BATON_WORKERS=64 BATON_SPREAD=worker BATON_LISTEN="127.0.0.1:$port,127.0.0.2:$port" -- \
	"$build/workers/activated"
if ready 30; then
	baton reload >"$work/reload" 2>&1
	equal "64 workers, two addresses, handed over" 0 $?
else
	fail "64 workers, two addresses" "not ready: $(tail -n 5 "$work/log")"
fi
stop_baton
finish
