#!/usr/bin/env bash
# Goal: SIGTERM to PID 1 with slow requests in flight: all of them finish, baton exits 0, within its
# grace. A worker that ignores TERM is killed in time. Signals reach a plain command.
. "$(dirname "$0")/lib.sh"

for term in default graceful; do
	port=$(free_port)
	start_baton BATON_WORKERS=2 -- "$build/workers/epoll" --port "$port" --term "$term"
	check "$term: serves" ready
	# closed loop: each of the 20 connections has one slow request in flight at any moment
	"$build/load" --json --mode slow --connections 20 --requests 20 "http://127.0.0.1:$port/slow" \
		>"$work/load.slow" 2>"$work/load.slow.err" &
	slow=$!
	wait_until 5 sh -c "ss -Htn state established '( sport = :$port )' | grep -c . | grep -qx 20"
	signal_baton TERM
	await_end
	equal "$term: exit status" 0 "$ended"
		wait "$slow"
	equal "$term: requests in flight that finished" 20 "$(load_value slow 'r["ok"]')"
done

port=$(free_port)
start_baton BATON_STOP_TIMEOUT=2s -- "$build/workers/epoll" --port "$port" --term ignore
check "stubborn: serves" ready
began=$SECONDS
signal_baton TERM
await_end
equal "stubborn: had to be killed" 137 "$ended"
[ $((SECONDS - began)) -le 4 ] && ok "stubborn: within the grace" || fail "stubborn: within the grace" "$((SECONDS - began)) s"

start_baton -- sh -c 'trap "exit 5" USR1; while :; do sleep 0.05; done'
wait_until 5 pgrep -f 'trap "exit 5"'
wait_until 1 false
signal_baton USR1
await_end
equal "a plain command gets its signals" 5 "$ended"
start_baton -- sleep 100
wait_until 5 pgrep -x sleep
signal_baton TERM
await_end
equal "a plain command that TERM ends" 143 "$ended"
finish
