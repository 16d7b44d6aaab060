#!/usr/bin/env bash
# Goal: each tier is what it says, found by trying: with all there is, without seccomp notification,
# and where steering is accepted and ignored (as gVisor does) or refused. Facilities are taken away by
# a seccomp filter. Handoffs under load lose nothing where there is steering. With one queue for all,
# who leaves accepts until it is asked to stop: what it has accepted and not read in that instant it
# closes, as it would under any other init, and nothing else may fail.
. "$(dirname "$0")/lib.sh"
port=$(free_port)
without=$build/workers/without
real=$build
ask() { curl -s --max-time 4 "http://127.0.0.1:$port/"; }
# start_without FACILITIES VARIABLE=VALUE... -- COMMAND...: baton where these are missing.
start_without() {
	local what=$1
	shift
	mkdir -p "$work/bin"
	printf '#!/bin/sh\nexec "%s" %s "%s" "$@"\n' "$without" "$what" "$real/baton" >"$work/bin/baton"
	chmod 755 "$work/bin/baton"
	build=$work/bin start_baton BATON_STOP_TIMEOUT=3s BATON_DRAIN_TIMEOUT=6s "$@"
}
hand_over() { # NAME COUNT
	local i
	load_start "$1: new" --rate 150 --connections 16 --requests 200 "http://127.0.0.1:$port/"
	load_start "$1: slow" --mode slow --rate 8 --connections 16 --requests 10 "http://127.0.0.1:$port/slow?150"
	for i in $(seq "$2"); do
		baton reload >"$work/reload" 2>&1 || fail "$1: handoff $i" "$(tail -n 2 "$work/reload")"
	done
	equal "$1: it was handed over" $(($2 + 1)) "$(status 's["services"][0]["generation"]')"
	wait_until 15 eval '[ "$(status "len(s[\"services\"][0][\"generations\"])")" = 1 ]' || fail "$1: old ones end" "$(baton status)"
	wait "${load_pids[$1: new]}" "${load_pids[$1: slow]}"	# all of them
	"${3:-load_end}" "$1: new" 200
	"${3:-load_end}" "$1: slow" 10
}
load_end_shared() { # NAME LEAST: nothing but what a worker that stops closes
	kill -INT "${load_pids[$1]}" 2>/dev/null
	wait "${load_pids[$1]}"
	equal "$1: refused, late or wrong" 0 "$(load_value "$1" 'r["failed_total"] - sum(r["failures"].get(k, 0) for k in ("reset", "closed_early"))')"
	equal "$1: $(load_value "$1" 'r["failed_total"]') closed by who stops, of $(load_value "$1" 'r["requests"]')" True \
		"$(load_value "$1" "r['requests'] >= $2 and r['failed_total'] <= 0.2 * r['requests']")"
}
tier() { equal "$1" "$2" "$(status 's["tier"]')"; }
epoll=("$real/workers/epoll" --port "$port" --term graceful)

# --- all there is
start_without getfd BATON_LISTEN="127.0.0.1:$port" -- "${epoll[@]}"
ready || fail "inject+steer: serves" "$(tail -n 5 "$work/log")"
tier "inject+steer" "inject+steer"
hand_over "inject+steer" 4
stop_baton

# --- no seccomp notification: who knows LISTEN_FDS is handed over
start_without notify BATON_LISTEN="127.0.0.1:$port" BATON_WORKERS=4 -- "$real/workers/activated"
ready || fail "env+steer: serves" "$(tail -n 5 "$work/log")"
tier "env+steer" "env+steer"
equal "env+steer: by LISTEN_FDS" env "$(status 's["services"][0]["generations"][0]["workers"][0]["adoption"]')"
hand_over "env+steer" 4
stop_baton
# who does not cannot bind what baton holds, and hears why
start_without notify BATON_LISTEN="127.0.0.1:$port" BATON_RESTART_LIMIT=2/1m -- "${epoll[@]}"
await_end
check "env+steer: a server that binds by itself hears why" grep -q 'only servers that know LISTEN_FDS get the sockets' "$work/log"
equal "env+steer: and baton ends with its status" 1 "$ended"
# without an address to hold it is what it is under any other init
start_without notify -- "${epoll[@]}"
check "env+steer: with nothing set it just runs" wait_until 5 eval 'ask | grep -q worker='
stop_baton
# insisted on, it is an error
start_without notify BATON_ADOPT=inject BATON_LISTEN="127.0.0.1:$port" -- "${epoll[@]}" 
await_end
equal "env+steer: BATON_ADOPT=inject is an error there" 78 "$ended"

# --- steering is ignored, or refused: one socket for all
for how in steer attach; do
	name="shared ($how)"
	start_without $how BATON_LISTEN="127.0.0.1:$port" -- "${epoll[@]}"
	ready || fail "$name: serves" "$(tail -n 5 "$work/log")"
	tier "$name" shared
	hand_over "$name" 4 load_end_shared
	stop_baton
done
start_without notify,steer BATON_LISTEN="127.0.0.1:$port" BATON_WORKERS=4 -- "$real/workers/activated"
ready || fail "shared, LISTEN_FDS: serves" "$(tail -n 5 "$work/log")"
tier "shared, LISTEN_FDS" shared
hand_over "shared, LISTEN_FDS" 4 load_end_shared
stop_baton
# learned
start_without steer -- "${epoll[@]}"
ready || fail "shared, learned: serves" "$(tail -n 5 "$work/log")"
hand_over "shared, learned" 3 load_end_shared
stop_baton
finish
