#!/usr/bin/env bash
# Goal: a server that forks into the background is served, signalled, restarted and handed over as any other: its
# worker is the process that goes on. A command that is no service ends when it ends, whatever it leaves behind.
. "$(dirname "$0")/lib.sh"
port=$(free_port)
daemon=("$build/workers/epoll" --port "$port" --background)

worker_of() { status 's["services"][0]["generations"][-1]["workers"]['"$1"'].get("'"$2"'")'; }
is_other_than() { [ "$(worker_of 0 pid)" != "$1" ] && [ "$(worker_of 0 pid)" != 0 ]; }
inside_pid() { nsenter -t "$(init_pid)" -p -m "$@"; }
answers() { curl -s -m 2 "http://127.0.0.1:$port/" | grep -c generation=; }

[ "$(id -u)" = 0 ] || { skip background "needs root"; finish; }

start_baton BATON_WORKERS=2 BATON_RESTART_DELAY=50ms -- "${daemon[@]}" bound
ready || fail "learned, two workers: starts" "$(tail -n 3 "$work/log")"
equal "learned: adopted by" inject "$(worker_of 0 adoption)"
pids=$(worker_pids)
check "learned: two processes" test "${pids% *}" != "${pids#* }"
for pid in $pids; do
	equal "learned: worker $pid is a child of its keeper" "baton keeper 1 epoll" \
		"$(inside_pid sh -c "tr '\0' ' ' </proc/\$(cut -d' ' -f4 /proc/$pid/stat)/cmdline" | sed 's/ *$//')"
done
before=$(worker_of 0 pid)
inside_pid kill -9 "$before"
check "a daemon that is killed is started again" wait_until 5 is_other_than "$before"
check "and is served by" wait_until 5 test "$(answers)" = 1
equal "and counted once, going to the background not at all" 1 "$(worker_of 0 restarts)"
stop_baton
equal "nothing of it is left" 0 "$(pgrep -fc "epoll --port $port " || :)"

start_baton BATON_LISTEN="$port" BATON_RESTART_DELAY=50ms -- "${daemon[@]}" first
ready || fail "declared, binds later: starts" "$(tail -n 3 "$work/log")"
before=$(worker_of 0 pid)
inside_pid kill -9 "$before"
check "declared: started again" wait_until 5 is_other_than "$before"
check "declared: it answers" wait_until 5 test "$(answers)" = 1
stop_baton

start_baton -- sh -c 'sleep 60 & exit 0'
await_end
equal "a command that leaves a process behind ends all the same" 0 "$ended"

start_baton BATON_LISTEN="$port" BATON_READY_TIMEOUT=1s BATON_RESTART_LIMIT=1/1m -- sh -c 'exit 0'
await_end
check "who leaves nobody behind has failed" grep -q 'before it was ready: did it go to the background' "$work/log"
finish
