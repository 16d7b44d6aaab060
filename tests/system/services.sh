#!/usr/bin/env bash
# Goal: several services of one BATON_CONFIG stand side by side and not in each other's way: each is
# handed over by itself, ends by itself if it is not critical, and all drain together at the end.
. "$(dirname "$0")/lib.sh"
web=$(free_port) api=$(free_port) third=$(free_port)
names=(web api third)
epoll=$build/workers/epoll
now_ms() { local now=$EPOCHREALTIME; echo $((${now/[.,]/} / 1000)); }
service() { status "next((s for s in s['services'] if s['name'] == '$1'), {})$2" 2>/dev/null || echo none; }
generation() { service "$1" '.get("generation")'; }
generations() { echo "$(generation web) $(generation api) $(generation third)"; }
reload() { timeout 10 "$build/baton" reload "$@" >"$work/said" 2>&1; }
answers() { curl -sf --max-time 2 -o /dev/null "http://127.0.0.1:$1/"; }
alone() { [ "$(status 'max(len(s["generations"]) for s in s["services"])')" = 1 ]; }
# Its end, within 10 s; else it is killed.
gone() { wait_until 10 sh -c "! kill -0 $baton_pid 2>/dev/null" || kill -9 $(init_pid) "$baton_pid"; await_end; }
# serve NAME PORT...: all answer; if not, that was the test NAME, and baton is ended.
serve() {
	local port
	for port in "${@:2}"; do
		wait_until 5 answers "$port" && continue
		fail "$1" "port $port does not answer: $(tail -n 3 "$work/log")"
		stop_baton 2>/dev/null
		return 1
	done
}
# between NAME LEAST MOST GOT
between() {
	if [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then ok "$1: $4"; else fail "$1" "$4 is not from $2 to $3"; fi
}

# --- three of them under load, handed over one by one
side_by_side() {
	start_baton BATON_DRAIN_TIMEOUT=5s BATON_CONFIG="
[service web]
command = $epoll --port $web
listen = 127.0.0.1:$web
workers = 2

[service api]
command = $epoll --port $api

[service third]
command = sh -c 'exec \"\$0\" --port $third --delay-start 500' $epoll
critical = off
" --
	serve "three services serve" "$web" "$api" "$third" || return
	check "three services are ready" ready 5
	for name in "${names[@]}"; do
		load_start "$name, new connections" --mode new --rate 60 --connections 8 --duration 60 --generation generation= "http://127.0.0.1:${!name}/"
		load_start "$name, kept-alive ones" --mode keepalive --connections 4 --think 160 --duration 60 --generation generation= "http://127.0.0.1:${!name}/"
	done
	equal "status --json has all" "web api third" "$(status '" ".join(s["name"] for s in s["services"])' 2>/dev/null)"
	baton status >"$work/said" 2>&1
	for name in "${names[@]}"; do check "status shows $name" grep -qw "$name" "$work/said"; done
	equal "each has its workers" "2 1 1" "$(service web '["workers"]') $(service api '["workers"]') $(service third '["workers"]')"
	equal "each in its first generation" "1 1 1" "$(generations)"
	check "reload api" reload api
	check "reload api again" reload api
	check "reload web until it is drained" reload --drained web
	equal "only those were handed over" "2 3 1" "$(generations)"
	reload nosuch
	refused=$?
	check "reload of a service that is not there: status $refused" test "$refused" = 64 -o "$refused" = 1
	check "names those that are" grep -qE 'nosuch.*(web|api|third)' "$work/said"
	before=$(service api '["generations"][-1]["workers"][0]["pid"]')
	kill -9 "$(pgrep -o -f "^$epoll --port $web")"
	wait_until 5 alone
	equal "a worker that is killed in web is none of api's business" "$before" "$(service api '["generations"][-1]["workers"][0]["pid"]')"
	signal_baton HUP
	handed() { [ "$(generations)" = "3 4 2" ]; }
	wait_until 10 handed
	equal "HUP hands all over" "3 4 2" "$(generations)"
	wait_until 10 alone
	kill -INT "${load_pids["web, new connections"]}" "${load_pids["web, kept-alive ones"]}" 2>/dev/null
	for name in api third; do
		load_end "$name, new connections" 60
		load_end "$name, kept-alive ones" 20
	done
	wait "${load_pids["web, new connections"]}" "${load_pids["web, kept-alive ones"]}"
	lost=$(($(load_value "web, new connections" 'r["failed_total"]') + $(load_value "web, kept-alive ones" 'r["failed_total"]')))
	between "web lost no more than was in the killed worker" 0 12 "$lost"
}

# --- the end: all at once, and what is in flight in two of them finishes
all_at_once() {
	local -A slow
	for name in web api; do
		"$build/load" --json --mode slow --connections 10 --requests 10 "http://127.0.0.1:${!name}/slow?1500" >"$work/load.slow$name" 2>/dev/null &
		slow[$name]=$!
	done
	in_flight() { [ "$(ss -Htn state established "( sport = :$web or sport = :$api )" | wc -l)" = 20 ]; }
	check "20 slow requests are in flight" wait_until 5 in_flight
	below=$(pgrep -P "$(init_pid)")
	asked=$(now_ms)
	signal_baton TERM
	gone
	between "all drain together, ms" 800 2600 $(($(now_ms) - asked))
	equal "the end: status" 0 "$ended"
	for name in web api; do
		wait "${slow[$name]}"
		equal "the end: slow requests of $name that finished" 10 "$(load_value "slow$name" 'r["ok"]')"
	done
	check "the end: nothing is left" sh -c "for pid in $(xargs <<<"$below"); do ! kill -0 \$pid 2>/dev/null || exit 1; done"
}
side_by_side
[ -z "$baton_pid" ] || all_at_once

# --- all of them stubborn: one grace, not two
start_baton BATON_STOP_TIMEOUT=1500ms BATON_CONFIG="
[service web]
command = $epoll --port $web --term ignore
[service api]
command = $epoll --port $api --term ignore
" --
if serve "two stubborn ones serve" "$web" "$api"; then
	asked=$(now_ms)
	signal_baton TERM
	gone
	between "two stubborn ones have one grace, ms" 1400 2700 $(($(now_ms) - asked))
	equal "two stubborn ones: status" 137 "$ended"
fi

# --- one that only crashes
crashing() { # KEYS...: of the service that crashes
	start_baton BATON_RESTART_LIMIT=3/1m BATON_RESTART_DELAY=20ms..50ms BATON_CONFIG="
[service web]
command = $epoll --port $web
[service crashing]
command = $1
${2:-}
" --
}
for how in "sh -c 'exit 7'" "$build/workers/ending $api $work/starts 7 100"; do
	what=${how%% *} what=${what##*/}
	crashing "$how" "critical = off"
	if serve "beside one that crashes ($what)" "$web"; then
		load_start "beside one that crashes ($what)" --mode new --rate 100 --connections 4 --duration 30 "http://127.0.0.1:$web/"
		check "not critical ($what): it is given up, and that is said" wait_until 5 grep -qE 'crashing.*(giv.*up|not started again)' "$work/log"
		wait_until 1 false
		check "not critical ($what): baton lives" baton live
		if reload web; then ok "not critical ($what): web is handed over"
		else fail "not critical ($what): web is handed over" "$(cat "$work/said")"; fi
		equal "not critical ($what): the status names it" crashing "$(service crashing '.get("name")')"
		load_end "beside one that crashes ($what)" 10
		between "not critical ($what): lines about it" 3 10 "$(grep -c crashing "$work/log")"
		stop_baton
	fi
	crashing "$how"
	gone
	equal "critical ($what): baton ends with its status" 7 "$ended"
done
# a critical one that ends takes the others' requests in flight to their end
start_baton BATON_CONFIG="
[service web]
command = $epoll --port $web
[service ending]
command = $build/workers/ending $api $work/once 0 1200
" --
if serve "beside a critical one that ends" "$web"; then
	"$build/load" --json --mode slow --connections 10 --requests 10 "http://127.0.0.1:$web/slow?1500" >"$work/load.slow" 2>/dev/null &
	last=$!
	gone
	wait "$last"
	equal "a critical one that ends well: status" 0 "$ended"
	equal "a critical one that ends well: slow requests of web that finished" 10 "$(load_value slow 'r["ok"]')"
fi

# --- what is wrong is said all at once, where it stands
cat >"$work/wrong" <<INI
[service web]
command = $epoll --port $web
workes = 2

[service api]
command = $epoll 'unfinished
listen = nowhere
[service none]
INI
BATON_CONFIG=$(cat "$work/wrong") timeout 5 "$build/baton" -- >"$work/said" 2>&1
equal "errors: status" 78 $?
for words in 'line 3, .service web., key workes.*workers' 'line 6, .service api., key command' \
	'line 7, .service api., key listen' 'line 8, .service none..*command'; do
	if grep -qE "$words" "$work/said"; then ok "errors: $words"; else fail "errors: $words" "$(cat "$work/said")"; fi
done
BATON_CONFIG="[service a]
command = true
listen = 127.0.0.1:$web
[service b]
command = true
listen = 127.0.0.1:$web" timeout 5 "$build/baton" -- >"$work/said" 2>&1
equal "one address for two: status" 78 $?
check "one address for two: names it" grep -q "127.0.0.1:$web" "$work/said"
BATON_CONFIG="[service a]
command = true" timeout 5 "$build/baton" -- sleep 1 >"$work/said" 2>&1
equal "a command beside BATON_CONFIG: status" 78 $?
finish
