#!/usr/bin/env bash
# Goal: each handoff says what it took and what it cost, in the log, in `baton status` and in
# `--json`, and the figures are those of the clients.
. "$(dirname "$0")/lib.sh"

records='s["services"][0]["handoffs"]["records"]'
sums='s["services"][0]["handoffs"]'

# --- under load: the keepers' figures are those of the load generator

port=$(free_port)
cat >"$work/worker" <<-SH
	#!/bin/sh
	test ! -e "$work/broken" || exit 3
	exec "$build/workers/epoll" --port "$port"
SH
chmod 755 "$work/worker"
start_baton BATON_DRAIN_TIMEOUT=4s BATON_STOP_TIMEOUT=1s -- "$work/worker"
ready || fail "starts" "$(tail -n 3 "$work/log")"
load_start "kept alive" --mode keepalive --rate 30 --connections 12 --duration 60 "http://127.0.0.1:$port/"
wait_until 10 eval '[ "$(status "sum(g[\"connections\"] or 0 for g in s[\"services\"][0][\"generations\"])")" -ge 12 ]' ||
	fail "the load comes up" "$(baton status)"
baton reload --drained >"$work/reload" 2>&1 || fail "reload" "$(tail -n 3 "$work/reload")"
load_end "kept alive" 20

equal "done, from 1 to 2" "done 1 2" "$(status "'{state} {old} {new}'.format(**$records[0])")"
equal "all twelve were open, and closed while quiet" "12 12 0 0" \
	"$(status "'{open} {closed_quiet} {cut} {left_behind}'.format(**$records[0])")"
check "every phase was measured" \
	eval '[ "$(status "all($records[0][k] is not None for k in (\"start_ms\", \"ready_ms\", \"switch_us\", \"queue_ms\", \"drain_ms\", \"stop_ms\"))")" = True ]'
check "the phases add up to the whole" \
	eval '[ "$(status "$records[0][\"total_ms\"] == $records[0][\"start_ms\"] + $records[0][\"ready_ms\"] + $records[0][\"canary_ms\"]")" = True ]'
check "the new one accepts those that come back" eval '[ "$(status "$records[0][\"accepted_new\"]")" -ge 1 ]'
check "overflows and drops before and after" \
	eval '[ "$(status "all($records[0][\"listen_%s_%s\" % (a, b)] >= 0 for a in (\"overflows\", \"drops\") for b in (\"before\", \"after\"))")" = True ]'
check "one line tells it" grep -Eq \
	'handoff 1: generation 1 -> 2 in [0-9]+ ms \(start [0-9]+, ready [0-9]+, switch [0-9]+ us\); drain [0-9.]+m?s: [0-9]+ drained, 12 closed quiet, 0 cut, 0 left behind; 0 listen drops$' "$work/log"
check "who waits for the drain is told" grep -q 'drain .* 12 closed quiet' "$work/reload"
baton status >"$work/status"
check "the status has a row of it" grep -Eq '^1 +1 -> 2 ' "$work/status"

# --- who ends by himself, who is quiet, and who is cut: three connections of three kinds

python3 - "$port" "$work/go" >"$work/clients" <<-'PY' &
	import os, socket, sys, time
	port, go = int(sys.argv[1]), sys.argv[2]
	clients = [socket.create_connection(('127.0.0.1', port)) for _ in range(3)]
	for c in clients:
	    c.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
	    c.recv(4096)
	print('there', flush=True)
	while not os.path.exists(go):
	    time.sleep(0.02)
	time.sleep(0.3)
	clients[0].close()		# by itself, a little later
	clients[1].sendall(b'GET /')	# and never the rest: in flight
	clients[2].settimeout(20)
	print('closed' if clients[2].recv(10) == b'' else 'open', flush=True)
	clients[1].settimeout(20)
	print('cut' if clients[1].recv(10) == b'' else 'open', flush=True)
PY
clients=$!
wait_until 10 grep -q there "$work/clients" || fail "three clients come" "$(cat "$work/clients")"
touch "$work/go"
timeout 30 "$build/baton" reload --drained >"$work/reload" 2>&1 || fail "reload" "$(tail -n 3 "$work/reload")"
wait "$clients"
equal "one drained, one closed quiet, one cut" "3 1 1 1" \
	"$(status "'{open} {drained} {closed_quiet} {cut}'.format(**$records[0])")"
check "what was cut is a warning" grep -q "1 drained, 1 closed quiet, 1 cut" "$work/log"
equal "and all is summed up" "1 13 1" "$(status "'{drained} {closed_quiet} {cut}'.format(**$sums)")"

# --- event streams, WebSockets, requests in flight and quiet connections, three of each

stop_baton
port=$(free_port)
start_baton BATON_QUIET=2500ms BATON_DRAIN_TIMEOUT=7s BATON_STOP_TIMEOUT=1s -- python3 "$root/tests/system/streams.py" serve "$port"
ready || fail "streams: starts" "$(tail -n 3 "$work/log")"
python3 "$root/tests/system/streams.py" clients "$port" 3 >"$work/clients" 2>&1 &
clients=$!
wait_until 10 grep -q there "$work/clients" || fail "streams: twelve come" "$(cat "$work/clients")"
drain='[g["drain"] for g in s["services"][0]["generations"] if g["drain"]][0]'
# one look in both forms, as fast as may be: quiet ones are not there for long
look() {
	baton status >"$work/status"
	baton status --json >"$work/json"
	[ "$(rows 'in flight') $(rows stream) $(rows quiet) $(rows closed)" = "$1" ]
}
rows() { grep -cE "^    127.0.0.1:[0-9]+ +0 +>[^ ]+ +$1 " "$work/status"; }
seen() { python3 -c "import json, sys; s = json.load(sys.stdin); print($1)" <"$work/json"; }
kinds() { seen "' '.join('%d %s' % (sum(c['state'] == k for c in $drain['connections']), k) for k in ('in flight', 'stream', 'quiet', 'closed'))"; }
baton reload >"$work/reload" 2>&1 || fail "streams: reload" "$(tail -n 3 "$work/reload")"
check "streams: each is seen as what it is" wait_until 2 look "3 6 3 0"
equal "streams: the same for programs" "3 in flight 6 stream 3 quiet 0 closed" "$(kinds)"
equal "streams: all twelve are in the table" 12 "$(grep -cE '^    127.0.0.1:[0-9]+ +0 +>' "$work/status")"
equal "streams: those in flight come first" "in flight" "$(grep -E '^    127.0.0.1' "$work/status" | head -n 1 | grep -o 'in flight')"
check "streams: with all that is known of one" eval \
	'[ "$(seen "all(c[\"pid\"] > 1 and c[\"worker\"] == 0 and c[\"bytes_in\"] > 50 and c[\"age_ms\"] >= c[\"for_ms\"] >= 0 for c in $drain[\"connections\"])")" = True ]'
wait_until 20 grep -q over "$work/clients" || fail "streams: all end" "$(cat "$work/clients")"
wait "$clients"
# quiet ones when they were so for long enough, requests are answered, streams one by one in the end
equal "streams: quiet ones end first, then those that were in flight, then streams" \
	"quiet quiet quiet slow slow slow stream stream stream stream stream stream" \
	"$(sed -n 's/^\(ws\|events\) .*/stream/p; s/^\(quiet\|slow\) .*/\1/p' "$work/clients" | tr '\n' ' ' | sed 's/ $//')"
equal "streams: every answer was whole" 0 "$(grep -c cut "$work/clients")"
python3 - "$work/clients" <<-'PY' && ok "streams: closed one by one" || fail "streams: closed one by one" "$(cat "$work/clients")"
	import sys
	at = [int(line.split()[1]) for line in open(sys.argv[1]) if line.split()[0] in ('events', 'ws')]
	instants = sum(b - a >= 20 for a, b in zip(at, at[1:]))
	assert at[0] >= 6000 and at[-1] - at[0] >= 300 and instants >= 3, at
PY
wait_until 5 grep -q 'handoff 1:' "$work/log"
equal "streams: the account" "12 6 6" "$(status "'{open} {closed_quiet} {cut}'.format(**$records[0])")"
equal "streams: nobody drains any more" 0 "$(status 'sum(g["drain"] is not None for g in s["services"][0]["generations"])')"

# more than the table shows
stop_baton
port=$(free_port)
start_baton BATON_QUIET=30s BATON_DRAIN_TIMEOUT=60s BATON_STOP_TIMEOUT=1s -- python3 "$root/tests/system/streams.py" serve "$port"
ready || fail "streams: starts again" "$(tail -n 3 "$work/log")"
python3 "$root/tests/system/streams.py" clients "$port" 8 >"$work/clients" 2>&1 &
clients=$!
wait_until 10 grep -q there "$work/clients" || fail "32 come" "$(cat "$work/clients")"
baton reload >"$work/reload" 2>&1
shows_open() { [ "$(status "len($drain['connections'])" 2>/dev/null)" = "$1" ]; }
wait_until 2 shows_open 32
baton status >"$work/status"
equal "the table has twenty and says how many more" "20 and 12 more: baton status --connections shows them" \
	"$(grep -cE '^    127.0.0.1:' "$work/status") $(grep -o 'and [0-9]* more.*' "$work/status")"
equal "--connections shows all" 32 "$(baton status --connections | grep -cE '^    127.0.0.1:')"
kill "$clients"
wait "$clients" 2>/dev/null
stop_baton

# --- one that fails

port=$(free_port)
sed -i "s/--port .*/--port $port/" "$work/worker"
start_baton BATON_STOP_TIMEOUT=1s -- "$work/worker"
ready || fail "starts again" "$(tail -n 3 "$work/log")"

touch "$work/broken"
baton reload >"$work/reload" 2>&1 && fail "a broken one fails" "it served"
equal "a failed one has a record" "failed 1 2" "$(status "'{state} {old} {new}'.format(**$records[0])")"
check "which says why" eval '[[ "$(status "$records[0][\"why\"]")" = *"exit code 3"* ]]'
baton status >"$work/status"
check "in the table too" grep -Eq '^1 +1 -> 2 .*failed: .*exit code 3' "$work/status"
rm "$work/broken"

# --- more than there is room for

for ((i = 0; i < 8; i++)); do baton reload --drained >/dev/null 2>&1; done
equal "the last eight are kept" "8 9 2" "$(status "'%d %d %d' % (len($records), $records[0]['number'], $records[-1]['number'])")"
baton status >"$work/status"
equal "and three are shown" 3 "$(grep -cE '^[0-9]+ +[0-9]+ -> [0-9]+ ' "$work/status")"
stop_baton

# --- a plain command has none, and says none

env BATON_CONTROL="$work/plain.sock" "$build/baton" -- true >"$work/plain" 2>&1
equal "a plain command stays silent" "" "$(cat "$work/plain")"
finish
