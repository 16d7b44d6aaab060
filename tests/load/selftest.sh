#!/bin/bash
# The load generator against servers that fail on purpose: each failure must be counted under its own
# kind, exactly as often as it happened, and a good server must give zeros. Only then a zero from it
# means something.
#
#     tests/load/selftest.sh [BUILD]       BUILD ($BUILD, or build) holds load and workers/rogue
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-${BUILD:-build}}
load=$build/load rogue=$build/workers/rogue
room=$(mktemp -d) || exit 1
passed=0 failed=0 servers=()
trap 'kill "${servers[@]}" 2>/dev/null; rm -rf "$room"' EXIT

# verdict NAME GOOD WHAT: one line for a case; WHAT explains a failure.
verdict() {
	if [ "$2" = yes ]; then
		echo "ok $1"
		passed=$((passed + 1))
	else
		echo "FAIL $1: $3"
		failed=$((failed + 1))
	fi
}

# serve [OPTION…]: a fresh rogue server; sets $server and $port.
serve() {
	local out=$room/rogue.${#servers[@]}

	"$rogue" "$@" >"$out" 2>"$out.err" &
	server=$!
	servers+=("$server")
	for _ in $(seq 200); do
		port=$(sed -n 's/^listening on //p' "$out")
		[ -n "$port" ] && return
		sleep 0.02
	done
	echo "FAIL the rogue server does not start: $(cat "$out.err")"
	exit 1
}

# value KEY: the number that the last report has under KEY (the first time it occurs).
value() {
	grep -o "\"$1\":[0-9.]*" "$room/report" | head -n 1 | cut -d: -f2
}

# counts: the report as "kind=N …", without what is zero.
counts() {
	local kind n text=

	for kind in ok refused reset closed_early timeout status content order other; do
		n=$(value $kind)
		[ "$n" = 0 ] || text="$text $kind=${n:-missing}"
	done
	echo "${text# }"
}

# run URL OPTION…: the load generator, bounded in time; sets $code.
run() {
	local url=$1

	shift
	timeout 30 "$load" --json "$@" "$url" >"$room/report" 2>"$room/errors" </dev/null
	code=$?
}

# check NAME PATH COUNTS OPTION…: the report must have exactly these counts, and an exit that fits them.
check() {
	local name=$1 path=$2 wanted=$3 good="" got wanted_code=1

	shift 3
	case $wanted in
	ok=*' '*) ;;
	ok=*) wanted_code=0 ;;
	esac
	run "http://127.0.0.1:$port$path" "$@"
	got=$(counts)
	[ "$got" = "$wanted" ] && [ "$code" = "$wanted_code" ] && [ "$(value requests)" = "$(sum "$wanted")" ] &&
		good=yes
	verdict "$name" "$good" \
	    "wanted $wanted, exit $wanted_code; got $got, exit $code, $(value requests) requests $(head -n 1 "$room/errors")"
}

sum() {
	local total=0 part

	for part in $1; do
		total=$((total + ${part#*=}))
	done
	echo $total
}

# holds NAME CONDITION: an arithmetic condition about the last report.
holds() {
	verdict "$1" "$( (($2)) 2>/dev/null && echo yes)" "$2 does not hold: $(cat "$room/report")"
}

strict=(--generation generation= --expect good --timeout 3000)
new=("${strict[@]}" --mode new --requests 40 --connections 4)
kept=("${strict[@]}" --mode keepalive --requests 40 --connections 4)

serve
# --- a good server gives zeros
check good /good ok=40 "${new[@]}"
holds good-connections "$(value connections) == 40"
check good-kept /good ok=40 "${kept[@]}"
holds good-kept-connections "$(value connections) == 4 && $(value closed_idle) == 0"
check good-kept-thinking /good ok=40 "${kept[@]}" --think 20 --jitter 10
holds good-kept-thinking-connections "$(value connections) == 4"
check good-slow /good ok=40 "${strict[@]}" --mode slow --requests 40
check good-rate /good ok=50 "${strict[@]}" --rate 100 --duration 0.5
check good-rate-kept /good ok=50 "${strict[@]}" --mode keepalive --connections 5 --rate 100 --duration 0.5
holds good-rate-uses-all "$(value connections) == 5"
check chunked /chunked ok=40 "${new[@]}"
check chunked-kept /chunked ok=40 "${kept[@]}"
check until-the-end /to-end ok=40 "${new[@]}"
check until-the-end-kept /to-end ok=40 "${kept[@]}"
holds until-the-end-reopens "$(value connections) == 40 && $(value closed_idle) == 0"
check interim /interim ok=40 "${kept[@]}"
check byte-by-byte /dribble ok=8 "${kept[@]}" --requests 8
check stream /stream ok=4 "${strict[@]}" --mode stream --requests 4

# --- each misbehaviour under its own kind
check reset /reset reset=40 "${new[@]}"
check reset-midway /reset-midway reset=40 "${new[@]}"
check close /close closed_early=40 "${new[@]}"
check close-in-head /close-in-head closed_early=40 "${new[@]}"
check close-midway /close-midway closed_early=40 "${new[@]}"
check close-between-chunks /close-between-chunks closed_early=40 "${new[@]}"
check silence /silence timeout=8 "${new[@]}" --requests 8 --timeout 200
check stall /stall timeout=8 "${new[@]}" --requests 8 --timeout 200
check unavailable /unavailable status=40 "${new[@]}"
holds unavailable-status "$(value 503) == 40"
check moved /moved status=40 "${kept[@]}"
check not-found /nowhere status=40 "${new[@]}"
check wrong /wrong content=40 "${new[@]}"
check wrong-not-looked-at /wrong ok=40 --requests 40
check without-generation /without-generation content=40 "${new[@]}"
check too-long /too-long content=40 "${new[@]}"
check bad-chunk /bad-chunk content=40 "${new[@]}"
check garbage /garbage content=40 "${new[@]}"
check stream-cut /stream-cut closed_early=4 "${strict[@]}" --mode stream --requests 4
check stream-stalls /stream-stalls timeout=4 "${strict[@]}" --mode stream --requests 4 --timeout 400
check stream-open-at-end /stream-forever ok=3 "${strict[@]}" --mode stream --connections 3 --duration 0.5 --timeout 500
holds stream-open-at-end-said "$(value open_at_end) == 3"

# --- kept-alive connections: an end while idle is none, an end upon a request is
check polite /polite ok=10 "${strict[@]}" --mode keepalive --connections 1 --requests 10 --think 100
holds polite-closed-idle "$(value closed_idle) >= 9 && $(value connections) == 10"
check reset-idle /reset-idle ok=10 "${strict[@]}" --mode keepalive --connections 1 --requests 10 --think 100
holds reset-idle-closed-idle "$(value closed_idle) >= 9 && $(value connections) == 10"
check announced /announced ok=40 "${kept[@]}"
holds announced-reopens "$(value connections) == 40 && $(value closed_idle) == 0"
check close-upon-request /close-upon-request 'ok=20 closed_early=20' "${kept[@]}" --connections 1
check reset-upon-request /reset-upon-request 'ok=20 reset=20' "${kept[@]}" --connections 1

# --- no request is tried again: the server saw exactly as many connections as there were requests
serve
check close-again /close closed_early=40 "${new[@]}"
check rising-after-close /rising ok=1 "${new[@]}" --requests 1
holds never-tried-again "$(value 41) == 1"

# --- the order of generations
check alternating-new /alternating 'ok=20 order=20' "${new[@]}" --connections 1
check alternating-not-looked-at /alternating ok=40 "${new[@]}" --connections 1 --order off
holds alternating-counted "$(value 1) == 20 && $(value 2) == 20"
check relapsing-kept /relapsing 'ok=20 order=20' "${kept[@]}" --connections 1
check rising /rising ok=40 "${new[@]}"
check rising-kept /rising ok=40 "${kept[@]}"
check falling /falling 'ok=1 order=39' "${new[@]}" --connections 1
check falling-kept /falling ok=40 "${kept[@]}" --connections 1

# --- an open loop does not wait for the server, nor forget what it could not send
check late-requests-time-out /silence timeout=50 "${strict[@]}" --connections 1 --rate 100 --duration 0.5 --timeout 200
serve
check stall-seen-by-schedule /stall-once ok=100 "${strict[@]}" --mode keepalive --connections 1 --rate 100 --duration 1
holds stall-in-the-quantiles "$(value p50) < 250000 && $(value p90) > 300000 && $(value p999) > 480000"

# --- quantiles of a known distribution: no sooner than the server answered, and not much later
serve
check delays /delays ok=200 "${strict[@]}" --mode keepalive --connections 2 --requests 200
holds quantile-p50 "$(value p50) >= 20000 && $(value p50) < 100000"
holds quantile-p90 "$(value p90) >= 20000 && $(value p90) < 150000"
holds quantile-p99 "$(value p99) >= 200000 && $(value p99) < 500000"
holds quantile-max "$(value p999) >= 600000 && $(value max) >= 600000 && $(value max) < 1500000"

# --- marks and an early stop
serve
{ sleep 0.3; echo handoff; sleep 0.3; echo steady; sleep 0.3; echo stop; sleep 5; } |
    timeout 20 "$load" --json --marks --think 5 --mode keepalive --duration 15 "http://127.0.0.1:$port/good" >"$room/report"
holds marks-stop "$(value seconds | cut -d. -f1) < 5"
counted=$(grep -o '"count":[0-9]*' "$room/report" | cut -d: -f2 | tr '\n' ' ')
holds marks-count-all "$(echo "$counted" | wc -w) == 2 && $(echo "$counted" | xargs | tr ' ' '+') == $(value requests)"
holds marks-both "$(for n in $counted; do printf '%s > 10 && ' "$n"; done) 1"
timeout 20 "$load" --json --think 5 --mode keepalive --duration 15 "http://127.0.0.1:$port/good" >"$room/report" 2>&1 &
pid=$!
sleep 0.5
kill -TERM $pid
wait $pid
holds signal-still-reports "$? == 0 && $(value requests) > 10 && $(value failed_total) == 0"

# --- the listener goes away
serve
check refused /refuse 'ok=1 refused=39' "${new[@]}" --connections 1
check refused-all /good refused=40 "${new[@]}"

# --- other addresses
serve --address ::1
run "http://[::1]:$port/good" "${new[@]}"
verdict ipv6 "$([ "$(counts)" = ok=40 ] && echo yes)" "$(counts)"
serve --address "$room/socket"
run "unix:$room/socket:/good" "${new[@]}"
verdict unix "$([ "$(counts)" = ok=40 ] && echo yes)" "$(counts)"
run "unix:$room/nobody:/good" "${new[@]}"
verdict other-is-named "$([ "$(counts)" = other=40 ] && [ "$(value ENOENT)" = 40 ] && echo yes)" "$(cat "$room/report")"

# --- usage
run "ftp://127.0.0.1/" --requests 1
verdict usage-url "$([ $code = 64 ] && echo yes)" "exit $code"
run "http://127.0.0.1:1/" --requests none
verdict usage-number "$([ $code = 64 ] && echo yes)" "exit $code"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
