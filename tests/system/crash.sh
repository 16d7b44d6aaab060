#!/usr/bin/env bash
# Goal: a worker that is killed under load costs nobody but those whose requests were in it; a keeper
# that is killed lets clients wait, not fail; a command that only crashes ends baton with its status.
. "$(dirname "$0")/lib.sh"
port=$(free_port)
two_workers() { [ "$(worker_pids | tr ' ' '\n' | grep -cvx 0)" = 2 ]; }
newer() { [ "$(status 's["services"][0]["generation"] or 0')" -gt "$before" ]; }

start_baton BATON_WORKERS=2 BATON_LISTEN="127.0.0.1:$port" -- "$build/workers/epoll" --port "$port"
check "two workers serve" ready
load_start "sibling" --mode new --rate 300 --connections 8 --duration 60 "http://127.0.0.1:$port/"
for _ in 1 2 3; do
	victim=$(pgrep -P "$(pgrep -P "$(init_pid)" -f "baton keeper 1 " | head -n 1)" -f workers/epoll | head -n 1)
	[ -n "$victim" ] || { fail "kill a worker" "none found"; break; }
	kill -9 "$victim"
	wait_until 10 two_workers || fail "a killed worker comes back" "$(worker_pids)"
done
kill -INT "${load_pids[sibling]}"
wait "${load_pids[sibling]}"
equal "refused while workers are killed" 0 "$(load_value sibling 'r["failures"]["refused"]')"
lost=$(load_value sibling 'r["failed_total"]')
# each of the 3 dead workers had at most the 8 connections of the load in it
if [ "$lost" -le 24 ]; then ok "lost with the killed workers: $lost"; else fail "lost with the killed workers" "$lost"; fi
check "both workers are back" two_workers

load_start "keeper" --mode new --rate 50 --connections 8 --timeout 8000 --duration 60 "http://127.0.0.1:$port/"
before=$(status 's["services"][0]["generation"]')
kill -9 "$(pgrep -P "$(init_pid)" -f "baton keeper 1 " | head -n 1)"
check "the next generation serves" wait_until 10 newer
kill -INT "${load_pids[keeper]}"
wait "${load_pids[keeper]}"
equal "refused after the keeper is killed" 0 "$(load_value keeper 'r["failures"]["refused"]')"
equal "timed out after the keeper is killed" 0 "$(load_value keeper 'r["failures"]["timeout"]')"
stop_baton

start_baton BATON_RESTART_LIMIT=3/1m BATON_RESTART_DELAY=10ms..50ms BATON_LISTEN="127.0.0.1:$port" -- sh -c 'exit 7'
await_end
equal "a command that only crashes ends baton with its status" 7 "$ended"
start_baton -- sh -c 'exit 3'
await_end
equal "a plain command ends baton at once" 3 "$ended"
start_baton -- /usr/bin/no-such-program
await_end
equal "a command that is not there" 127 "$ended"
check "it is named" grep -q "no-such-program" "$work/log"
finish
