#!/usr/bin/env bash
# Goal: a candidate gets just its share of the new connections, by lot or by source, and when it turns
# bad meanwhile it is taken out and nobody else has noticed; what is kept warm is back in an instant;
# however many requests come while one is under way, the newest wins and nothing is lost.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip canary "python3 is not installed"; finish; }
mood=$work/mood
became() { echo "$*" >"$mood.new" && mv "$mood.new" "$mood"; }
quietly() { "$@" >/dev/null 2>&1; }

# start VARIABLE=VALUE... : generation 1, which is well; LISTEN=1: its address is declared
start() {
	local -a variables=("$@")
	port=$(free_port)
	url=http://127.0.0.1:$port/
	variables=("${variables[@]/#LISTEN=1/BATON_LISTEN=127.0.0.1:$port}")
	became well
	start_baton BATON_READY=http:/health BATON_DRAIN_TIMEOUT=3s MOOD="$mood" "${variables[@]}" \
		-- python3 "$root/tests/system/moody.py" "$port" "${host:-127.0.0.1}"
	ready 20 || fail "starts" "$(tail -n 5 "$work/log")"
}
canary() { status "s['services'][0]['canary']$*"; }
serves() { [ "$(status 's["services"][0]["generation"]')" = "$1" ]; }
shared() { [ "$(canary)" != None ]; }
handoffs() { status "s['services'][0]['handoffs']['$1']"; }

# answers COUNT NUMBER [URL]: how many of so many new connections that generation answered
answers() {
	"$build/load" --mode new --generation 'generation ' --order off --requests "$1" --connections 8 \
		--json "${3:-$url}" >"$work/answers" || return 1
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["generations"].get(sys.argv[2], 0))' \
		"$work/answers" "$2"
}
# within SIGMAS COUNT SHARE GOT: so many throws; says how far off
within() {
	python3 -c 'import sys; s, n, p, k = map(float, sys.argv[1:])
d = (k - n * p) / (n * p * (1 - p)) ** 0.5; print("%.2f standard deviations" % d); sys.exit(abs(d) > s)' "$@"
}
share_is() { # NAME COUNT SHARE GENERATION: once more by bad luck, which is one run in 140000
	local name=$1 got far
	got=$(answers "$2" "$4") && far=$(within 3 "$2" "$3" "$got") ||
		{ got=$(answers "$2" "$4") && far=$(within 3 "$2" "$3" "$got"); }
	if [ $? = 0 ]; then ok "$name: $got of $2, $far"; else fail "$name" "$got of $2, $far"; fi
}

# --- by lot, step by step, promoted by hand
start BATON_CANARY=10%:60s,50%:1m
baton reload >"$work/reload" 2>&1 &
reload=$!
wait_until 10 shared
equal "it is the first step of two" "2 1 2 10.0" \
	"$(status '" ".join(str(s["services"][0]["canary"][k]) for k in ("generation", "step", "steps", "percent"))')"
share_is "10 % is 10 %" 4000 0.1 2
check "the status says so" sh -c "'$build/baton' status | grep -q '^canary: 10 % to generation 2 for another 5[0-9]s'"
check "promoted" quietly baton promote
wait "$reload"
equal "and then so is who asked for it" 0 $?
check "it serves all" serves 2
equal "all of all" 500 "$(answers 500 2)"
baton promote >"$work/said" 2>&1
equal "nobody else to promote" 1 $?
check "and that is said" grep -q 'no generation is in its canary' "$work/said"

# --- the newest wins; and back
baton reload >"$work/older" 2>&1 &
older=$!
wait_until 10 shared
baton reload >"$work/newer" 2>&1 &
newer=$!
wait_until 10 sh -c "[ \"\$('$build/baton' status --json | python3 -c 'import json, sys; c = json.load(sys.stdin)[\"services\"][0][\"canary\"]; print(c and c[\"generation\"])')\" = 4 ]"
equal "a newer request takes the canary's place" 4 "$(canary '["generation"]')"
baton rollback >"$work/said" 2>&1
equal "a canary is taken back by hand" 0 $?
wait "$older"; equal "who asked first is told" 1 $?
wait "$newer"; equal "who asked then is told" 1 $?
check "why" grep -q 'taken back by hand' "$work/newer"
check "who served serves" serves 2
equal "to everybody" 500 "$(answers 500 2)"
stop_baton

# --- by source
start BATON_CANARY=10%/source:60s,50%/source:60s
baton reload --no-wait
wait_until 10 shared
python3 "$root/tests/system/sources.py" "$port" 250 3 >"$work/tenth"
equal "one source, one generation" "" "$(awk '$2 != $3 || $3 != $4' "$work/tenth")"
got=$(awk '$2 == 2' "$work/tenth" | wc -l)
check "about 10 % of 250 sources: $got" quietly within 3.5 250 0.1 "$got"
stop_baton
start BATON_CANARY=10%/source:2s,50%/source:60s
baton reload --no-wait
wait_until 10 shared
python3 "$root/tests/system/sources.py" "$port" 250 1 >"$work/tenth"
wait_until 10 sh -c "'$build/baton' status | grep -q '^canary: 50 %'"
python3 "$root/tests/system/sources.py" "$port" 250 1 >"$work/half"
got=$(awk '$2 == 2' "$work/half" | wc -l)
check "about half of 250 sources: $got" quietly within 3.5 250 0.5 "$got"
equal "whoever was in a tenth is in a half" "" \
	"$(awk '$2 == 2 { print $1 }' "$work/tenth" | sort | comm -23 - <(awk '$2 == 2 { print $1 }' "$work/half" | sort))"
stop_baton

# --- both families on one socket
if grep -qs . /proc/net/if_inet6; then
	host=:: start BATON_CANARY=50%:60s
	baton reload --no-wait
	wait_until 10 shared
	share_is "half by IPv6" 1000 0.5 2 "http://[::1]:$port/"
	stop_baton
	host=:: start BATON_CANARY=50%/source:60s
	baton reload --no-wait
	wait_until 10 shared
	got=$(answers 50 2 "http://[::1]:$port/")
	check "one IPv6 source, one generation: $got of 50" test "$got" = 0 -o "$got" = 50
	python3 "$root/tests/system/sources.py" "$port" 250 1 >"$work/half"
	got=$(awk '$2 == 2' "$work/half" | wc -l)
	check "IPv4 sources on an IPv6 socket: $got of 250" quietly within 3.5 250 0.5 "$got"
	stop_baton
else
	skip "half by IPv6" "there is no IPv6"
fi
# --- one that turns bad: taken out, and nobody else has noticed
# turns_bad NAME MOOD WHY MOST [VARIABLE=VALUE...]: clients that it may fail before that, at most
turns_bad() {
	local failed
	start BATON_CANARY=50%:60s "${@:5}"
	became "$2"
	load_start "$1" --mode new --rate 200 --connections 32 --duration 60 --order off "$url"
	baton reload >"$work/reload" 2>&1
	equal "$1: the handoff has failed" 1 $?
	check "$1: and why" grep -q "in its canary: $3" "$work/reload"
	equal "$1: nobody has a share" None "$(canary)"
	check "$1: who served serves" serves 1
	load_start "$1, from then on" --mode new --rate 300 --connections 16 --duration 1.5 --timeout 3000 \
		--generation 'generation ' "$url"
	wait "${load_pids["$1, from then on"]}"
	load_end "$1, from then on" 300
	equal "$1: by generation 1 alone" "['1']" "$(load_value "$1, from then on" 'list(r["generations"])')"
	kill -INT "${load_pids[$1]}"
	wait "${load_pids[$1]}"
	failed=$(load_value "$1" 'r["failed_total"]')
	if [ "$failed" -le "$4" ]; then
		ok "$1: $failed failed before of $(load_value "$1" 'r["requests"]')"
	else
		fail "$1: at most $4 failed before" "$(load_value "$1" '{k: v for k, v in r["failures"].items() if v}')"
	fi
	stop_baton
}
turns_bad "one that crashes" "crash 1" "worker 0 killed by SIGSEGV" 1
turns_bad "one whose probe fails" "bad 1" "it answers 500" 0
# with a filter for its calls it could not; it resets whoever waits just then
turns_bad "one that is shut down" "shut 1" "a worker has shut its listening socket down" 32 \
	BATON_ADOPT=env LISTEN=1
# whoever came to it in the five seconds until that is sure waits there until it is over
turns_bad "one that takes no connection" "deaf 1" "no answer to GET /health" 1500

# --- back in an instant
start BATON_KEEP_WARM=60s START=1.5
baton reload >/dev/null 2>&1
check "generation 2 serves" serves 2
load_start "an instant rollback" --mode new --rate 300 --connections 16 --duration 60 --order off "$url"
before=$(date +%s%3N)
baton rollback >/dev/null 2>&1
took=$(($(date +%s%3N) - before))
check "back within $took ms, where a start takes 1500" test "$took" -lt 500
check "to the one before" serves 1
check "and forth again" quietly baton rollback
check "to the other" serves 2
load_end "an instant rollback" 30

# --- many requests while one is under way are one
requests=()
for i in 1 2 3 4 5 6; do
	baton reload >/dev/null 2>&1 &
	requests+=($!)
done
bad=0
for i in "${requests[@]}"; do wait "$i" || bad=$((bad + 1)); done
equal "all of six at a time are served" 0 "$bad"
done=$(($(handoffs done) - 3))
check "by one handoff, or two: $done" test "$done" -ge 1 -a "$done" -le 2
stop_baton

# --- many in a row, while the ones before still drain
start BATON_MAX_DRAINING=2 SLOW=0.7 BATON_DRAIN_TIMEOUT=10s
load_start "20 in a row, with slow requests" --mode slow --rate 40 --connections 64 --duration 60 "${url}slow"
most=0
for i in {1..20}; do
	baton reload >"$work/reload" 2>&1 || fail "reload $i" "$(tail -n 3 "$work/reload")"
	draining=$(status 'sum(g["state"] == "draining" for g in s["services"][0]["generations"])')
	[ "$draining" -le "$most" ] || most=$draining
done
equal "20 handoffs" 20 "$(handoffs done)"
check "with no more than two at a time that drain: $most" test "$most" -le 2
load_end "20 in a row, with slow requests" 100
equal "left behind" 0 "$(handoffs left_behind)"
stop_baton

# --- one that has to wait for a drain says so
start BATON_MAX_DRAINING=1 SLOW=2 BATON_DRAIN_TIMEOUT=10s BATON_STOP_TIMEOUT=2s
curl -s "${url}slow" >/dev/null &
slow=$!
wait_until 5 eval 'ss -Htn state established "dport = :$port" | grep -q .'
baton reload >/dev/null 2>&1 || fail "the one before" "$(tail -n 3 "$work/log")"
baton reload >"$work/first" 2>&1 &
first=$!
wait_until 5 grep -q waiting "$work/first"
baton reload >"$work/second" 2>&1
wait "$first" "$slow"
says="waiting for generation 1 to drain, for [0-9]*s at the latest (BATON_MAX_DRAINING=1)"
for who in first second; do check "a reload that waits says so: $who" grep -q "^$says" "$work/$who"; done
equal "and the log once" 1 "$(grep -c "the next handoff is $says" "$work/log")"
stop_baton
finish
