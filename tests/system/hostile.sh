#!/usr/bin/env bash
# Goal: a worker that does harm to its own listening socket, to the channels it can find or to the
# machine harms its generation alone: while it drains the others serve and lose nothing; while it
# serves, baton goes on and the next handoff mends it.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || { skip hostile "needs root: namespaces, limits"; finish; }
port=$(free_port)
ask() { curl -s --max-time 4 "http://127.0.0.1:$port$1"; }
serves() { ask / | grep -q "generation=$1 "; }
drained() { [ "$(status 'len(s["services"][0]["generations"])')" = 1 ]; }
still_pid_1() { equal "$1: PID 1 is who it was" "$pid" "$(init_pid)"; }
begin() { # VARIABLE=VALUE...
	start_baton BATON_LISTEN="127.0.0.1:$port" BATON_STOP_TIMEOUT=1s "$@" -- "$build/workers/hostile" --port "$port"
	ready || fail "serves" "$(tail -n 5 "$work/log")"
	pid=$(init_pid)
}
begin_load() { load_start "$1" --rate 200 --connections 8 --requests 200 "http://127.0.0.1:$port/"; }
finish_load() { # NAME: all of them
	wait "${load_pids[$1]}"
	load_end "$1" 200
}

# --- while it drains: a slow request keeps it, the harm comes when the next one serves
begin BATON_WORKERS=2 BATON_DRAIN_TIMEOUT=3s BATON_MAX_DRAINING=2
for harm in shut relisten close attach detach steal rubbish exhaust stop; do
	ask "/$harm?300" >/dev/null
	ask "/slow?800" >"$work/slow" &
	slow=$!
	begin_load "$harm while it drains"
	check "$harm while it drains: handoff" baton reload
	finish_load "$harm while it drains"
	[ $harm = stop ] || wait $slow
	# who is stopped answers nobody, and rubbish goes to its own clients too
	[[ $harm = stop || $harm = rubbish ]] || check "$harm while it drains: its own slow request is answered" grep -q generation= "$work/slow"
	check "$harm while it drains: its end" wait_until 10 drained
	still_pid_1 "$harm while it drains"
done
stop_baton

# --- while it serves: what can be mended is, the rest by the next handoff
for harm in shut relisten close attach detach steal rubbish exhaust stop; do
	begin BATON_DRAIN_TIMEOUT=1s
	said=$(ask "/$harm")
	check "$harm while it serves: handoff" baton reload
	check "$harm while it serves: the next one serves" wait_until 5 serves 2
	begin_load "after $harm"
	check "$harm while it serves: its end" wait_until 10 drained
	check "after $harm: a handoff to where it was" baton reload
	finish_load "after $harm"
	still_pid_1 "$harm while it serves"
	case $harm in attach | detach) equal "$harm is refused" "Operation not permitted" "$said" ;; esac
	stop_baton
done
# --- processes without end, each in a session of its own: gone with the generation that made them
bred() { pgrep -u 54321 -c -f workers/hostile; }
many() { [ "$(bred)" -gt 100 ]; }
few() { [ "$(bred)" -le 2 ]; }	# the worker, and nobody
chmod 755 "$work"
begin BATON_USER=54321:54321 BATON_DRAIN_TIMEOUT=1s
ask /fork >/dev/null
check "a fork bomb: it goes off" wait_until 10 many
begin_load "a fork bomb"
check "a fork bomb: handoff" baton reload
finish_load "a fork bomb"
check "a fork bomb: its end" wait_until 15 drained
check "a fork bomb: nobody of it is left" wait_until 5 few
still_pid_1 "a fork bomb"
stop_baton
finish
