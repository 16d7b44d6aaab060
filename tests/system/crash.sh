#!/usr/bin/env bash
# Goal: a worker that is killed under load costs nobody but those whose requests were in it; a keeper
# that is killed lets clients wait, not fail; a command that only crashes ends baton with its status.
. "$(dirname "$0")/lib.sh"
port=$(free_port)

start_baton BATON_WORKERS=2 BATON_LISTEN="127.0.0.1:$port" -- "$build/workers/epoll" --port "$port"
check "two workers serve" ready
load_start "sibling" --mode new --rate 300 --connections 8 --duration 60 "http://127.0.0.1:$port/"
for _ in 1 2 3; do
	victim=$(pgrep -P "$(pgrep -f 'baton keeper 1 ' | head -n 1)" -f workers/epoll | head -n 1)
	[ -n "$victim" ] || { fail "kill a worker" "none found"; break; }
	# stopped first, so that it holds no request of its own when it dies
	kill -9 "$victim"
	wait_until 10 test "$(pgrep -c -f "workers/epoll --port $port")" -ge 2
done
kill -INT "${load_pids[sibling]}"
wait "${load_pids[sibling]}"
equal "refused while workers are killed" 0 "$(load_value sibling 'r["failures"]["refused"]')"
lost=$(load_value sibling 'r["failed_total"]')
# each of the 3 dead workers had at most the 8 connections of the load in it
if [ "$lost" -le 24 ]; then ok "lost with the killed workers: $lost"; else fail "lost with the killed workers" "$lost"; fi
wait_until 10 [ "$(worker_pids | wc -w)" = 2 ]
equal "both workers are back" 2 "$(worker_pids | wc -w)"

load_start "keeper" --mode new --rate 50 --connections 8 --timeout 8000 --duration 60 "http://127.0.0.1:$port/"
wait_until 5 test -s "$work/load.keeper.err" || :
before=$(status 's["services"][0]["generation"]')
kill -9 "$(pgrep -f 'baton keeper 1 ' | head -n 1)"
wait_until 10 sh -c "[ \"\$('$build/baton' status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"services\"][0][\"generation\"] or 0)')\" -gt $before ]"
kill -INT "${load_pids[keeper]}"
wait "${load_pids[keeper]}"
equal "refused after the keeper is killed" 0 "$(load_value keeper 'r["failures"]["refused"]')"
equal "timed out after the keeper is killed" 0 "$(load_value keeper 'r["failures"]["timeout"]')"
stop_baton

start_baton BATON_RESTART_LIMIT=3/1m BATON_RESTART_DELAY=10ms..50ms BATON_LISTEN="127.0.0.1:$port" -- sh -c 'exit 7'
equal "a command that only crashes ends baton with its status" 7 "$(baton_status)"
baton_pid=
start_baton -- sh -c 'exit 3'
equal "a plain command ends baton at once" 3 "$(baton_status)"
baton_pid=
start_baton -- /nonexistent
equal "a command that is not there" 127 "$(baton_status)"
baton_pid=
check "it is named" grep -q "nonexistent" "$work/log"
finish
