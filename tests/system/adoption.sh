#!/usr/bin/env bash
# Goal: every way to a slot works: by LISTEN_FDS with READY=1, injected for a user without a
# privilege, over IPv4, IPv6 and both, declared and learned; each handed over under load, nothing lost.
. "$(dirname "$0")/lib.sh"

family() { case $1 in *\[*) echo IPv6 ;; *) echo IPv4 ;; esac; }

# hand_over NAME HOW LEAST URL...: three reloads under a load on each URL; adopted HOW.
hand_over() {
	local name=$1 how=$2 least=$3 url i=0
	shift 3
	ready || { fail "$name: starts" "$(tail -n 5 "$work/log")"; stop_baton; return; }
	equal "$name: adopted by" "$how" "$(status 's["services"][0]["generations"][0]["workers"][0]["adoption"]')"
	for url in "$@"; do
		load_start "$name, $(family "$url")" --mode new --rate 200 --connections 8 --duration 60 "$url"
	done
	for ((i = 0; i < 3; i++)); do
		wait_until 1 false	# so that each generation serves some of the load
		baton reload >"$work/reload" 2>&1 || fail "$name: reload" "$(tail -n 5 "$work/reload")"
	done
	for url in "$@"; do load_end "$name, $(family "$url")" "$least"; done
	equal "$name: no probe is left" 0 "$(pgrep -P "$(init_pid)" -f "^baton probe" | wc -l)"
	equal "$name: left behind" 0 "$(status 's["services"][0]["handoffs"]["left_behind"]')"
	stop_baton
}

port=$(free_port)
start_baton BATON_ADOPT=env BATON_READY=notify BATON_LISTEN="127.0.0.1:$port" -- "$build/workers/activated"
hand_over "LISTEN_FDS and READY=1" env 200 "http://127.0.0.1:$port/"

port=$(free_port)
start_baton BATON_READY=notify BATON_READY_TIMEOUT=2s BATON_LISTEN="127.0.0.1:$port" \
	BATON_RESTART_LIMIT=1/1m -- "$build/workers/activated" --delay-ready -1
await_end
equal "without READY=1 it never serves" 1 "$ended"

port=$(free_port)
start_baton BATON_LISTEN="$port" -- "$build/workers/epoll" --port "$port" --address 0.0.0.0
hand_over "declared for both families" inject 200 "http://127.0.0.1:$port/" "http://[::1]:$port/"

port=$(free_port)
start_baton BATON_LISTEN="[::1]:$port" -- "$build/workers/epoll" --port "$port" --address ::1
hand_over "declared for IPv6 alone" inject 200 "http://[::1]:$port/"

port=$(free_port)
start_baton -- "$build/workers/epoll" --port "$port" --address ::
hand_over "learned for both families" inject 200 "http://127.0.0.1:$port/" "http://[::1]:$port/"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	port=$(free_port)
	chmod 777 "$work"
	mkdir -p "$work/bin"
	cp "$build/baton" "$build/workers/epoll" "$work/bin/"
	env BATON_CONTROL="$work/control.sock" unshare -fp --mount-proc --kill-child \
		setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set -all --inh-caps -all --no-new-privs \
		"$work/bin/baton" -- "$work/bin/epoll" --port "$port" >"$work/out" 2>"$work/log" &
	baton_pid=$!
	export BATON_CONTROL=$work/control.sock
	wait_until 5 test -S "$work/control.sock"
	equal "without a privilege: tier" inject+steer "$(status 's["tier"]')"
	hand_over "without a privilege" inject 200 "http://127.0.0.1:$port/"
else
	skip "without a privilege" "only root can give its privileges up for this test"
fi
finish
