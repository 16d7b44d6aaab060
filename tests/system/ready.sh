#!/usr/bin/env bash
# Goal: BATON_READY=exec: and delay:, and the private probe on every kind of address: each finds out
# about the candidate, and nobody else reaches it meanwhile.
. "$(dirname "$0")/lib.sh"
server=$root/tests/system/families.py
records='s["services"][0]["handoffs"]["records"]'
serving() { status 's["services"][0]["generation"]'; }
serves() { [ "$(serving)" = "$1" ]; }
ask() { # HOST PORT: the generation that answers
	python3 - "$1" "$2" <<-'PY'
		import socket, sys
		with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as s:
		    s.sendall(b'GET / HTTP/1.1\r\n\r\n')
		    print(s.recv(4096).decode().split('generation=')[1].strip())
	PY
}
chmod 777 "$work"

# --- exec: a command asks the candidate, and only the candidate

cat >"$work/check" <<-'SH'
	#!/bin/sh
	# Ready when $WORK/fine is there and the candidate answers with its own generation.
	{ echo "uid=$(id -u) pwd=$(pwd)"; env | grep -E '^(BATON_|LISTEN_|NOTIFY_)'; } >"$WORK/seen.$BATON_GENERATION"
	test ! -e "$WORK/hang" || { sleep 1234.5 & sleep 1234.5; }
	answer=$(python3 - "$BATON_ADDRESS" <<-'PY'
		import socket, sys
		host, port = sys.argv[1].split(':')
		with socket.create_connection((host, int(port)), 5) as s:
		    s.sendall(b'GET / HTTP/1.1\r\n\r\n')
		    print(s.recv(4096).decode().split('generation=')[1].strip())
	PY
	)
	echo "$answer" >>"$WORK/answers.$BATON_GENERATION"
	echo "asked generation $BATON_GENERATION, generation $answer answered"
	test -e "$WORK/fine" || { echo "it is not fine yet"; exit 4; }
	test "$answer" = "$BATON_GENERATION"
SH
chmod 755 "$work/check"
touch "$work/fine"
port=$(free_port)
who=$([ "$(id -u)" = 0 ] && echo 65534 || id -u)
environment=(WORK="$work" BATON_READY="exec:./check" BATON_DIR="$work" BATON_READY_TIMEOUT=4s)
[ "$(id -u)" != 0 ] || environment+=(BATON_USER=65534:65534)
start_baton "${environment[@]}" -- python3 "$server" "$work/connections" "127.0.0.1:$port"
ready || fail "exec: comes up" "$(tail -n 3 "$work/log")"
rm "$work/fine"
baton reload >"$work/reload" 2>&1 &
reload=$!
check "exec: its last line is the reason" wait_until 5 grep -q \
	'generation 2: not ready yet: BATON_READY: exit code 4: it is not fine yet' "$work/log"
equal "exec: clients stay with who serves" 1 "$(ask 127.0.0.1 "$port")"
equal "exec: as the workers' user, in their directory" "uid=$who pwd=$work" "$(head -n 1 "$work/seen.2")"
equal "exec: what it sees" "BATON_ADDRESS BATON_ADDRESSES BATON_GENERATION" \
	"$(sed -n 's/^\(BATON_[A-Z]*\|LISTEN_[A-Z]*\|NOTIFY_[A-Z]*\)=.*/\1/p' "$work/seen.2" | sort | tr '\n' ' ' | sed 's/ $//')"
touch "$work/fine"
check "exec: asked again until it is ready" wait "$reload"
equal "exec: the candidate answered each time, and nobody else" 2 "$(sort -u "$work/answers.2")"
check "exec: more than once" [ "$(wc -l <"$work/answers.2")" -ge 2 ]
equal "exec: then it serves" 2 "$(ask 127.0.0.1 "$port")"

# one that hangs is ended with its time, and whoever it started
touch "$work/hang"
baton reload >"$work/reload" 2>&1 && fail "exec: one that hangs" "it served"
wait_until 3 sh -c '! pgrep -f "sleep 1234.5"'
equal "exec: nothing of it is left" "" "$(pgrep -f 'sleep 1234.5')"
equal "exec: who served serves on" 2 "$(ask 127.0.0.1 "$port")"
check "exec: the record says why" eval '[[ "$(status "$records[0][\"why\"]")" = "not ready within 4s"* ]]'
rm "$work/hang"
stop_baton

# --- delay

port=$(free_port)
start_baton BATON_READY=delay:700ms -- "$build/workers/epoll" --port "$port"
ready || fail "delay: comes up" "$(tail -n 3 "$work/log")"
baton reload >"$work/reload" 2>&1 || fail "delay: reload" "$(cat "$work/reload")"
check "delay: ready so long after it was announced" eval '[ "$(status "700 <= $records[0][\"ready_ms\"] < 1500")" = True ]'
stop_baton
# one that ends meanwhile has failed, at once
port=$(free_port)
cat >"$work/worker" <<-SH
	#!/bin/sh
	test ! -e "$work/short" || exec "$build/workers/epoll" --port "$port" --fail crash-after 200
	exec "$build/workers/epoll" --port "$port"
SH
chmod 755 "$work/worker"
start_baton BATON_READY=delay:2s -- "$work/worker"
ready || fail "delay: comes up again" "$(tail -n 3 "$work/log")"
touch "$work/short"
began=$(date +%s%N)
baton reload >"$work/reload" 2>&1 && fail "delay: one that ends before" "it served"
check "delay: one that ends before has failed at once" [ $((($(date +%s%N) - began) / 1000000)) -lt 1500 ]
equal "delay: who served serves on" 1 "$(serving)"
stop_baton

# --- both without an address

rm -f "$work/short"
for how in delay:300ms "exec:test -z \"\$BATON_ADDRESS\""; do
	start_baton BATON_ADOPT=off BATON_RESTART=always BATON_READY="$how" -- sleep 1000
	check "${how%%:*}: of a job that binds nothing" ready 5
	stop_baton
done

# --- the private probe, wherever one can listen

own=$(python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    s.connect(('192.0.2.1', 9))
    print(s.getsockname()[0])
except OSError:
    pass")
probed() { # NAME BIND-HOST CLIENT-HOST WANTED-PEERS: comes up, hands over, and who asked the second one
	local name=$1 host=$2 client=$3 peers=$4 seen
	port=$(free_port)
	: >"$work/connections"
	start_baton BATON_READY=accept -- python3 "$server" "$work/connections" "$host:$port"
	ready || { fail "$name: comes up" "$(tail -n 3 "$work/log")"; stop_baton; return; }
	baton reload >"$work/reload" 2>&1 || fail "$name: is handed over" "$(cat "$work/reload")"
	seen=$(sed -n 's/^2 [^ ]* \([^ ]*\) .*/\1/p' "$work/connections" | sort | tr '\n' ' ' | sed 's/ $//')
	equal "$name: the probe came from" "$peers" "$seen"
	equal "$name: and it serves" 2 "$(ask "$client" "$port")"
	stop_baton
}
probed "all of IPv4" 0.0.0.0 127.0.0.1 127.0.0.1
probed "127.0.0.2" 127.0.0.2 127.0.0.2 127.0.0.2
if [ -n "$own" ]; then
	probed "an interface's address" "$own" "$own" "$own"
else
	skip "an interface's address" "there is none but loopback's"
fi
if python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null; then
	probed "::1" "[::1]" ::1 ::1
	probed "both families" "[::]" ::1 "::1 ::ffff:127.0.0.1"
	# [::] where somebody else has IPv4: not he is asked, but the candidate
	port=$(free_port)
	python3 - "$port" >"$work/other" <<-'PY' &
		import socket, sys
		s = socket.create_server(('0.0.0.0', int(sys.argv[1])))
		print('there', flush=True)
		while True:
		    print(s.accept()[1][0], flush=True)
	PY
	other=$!
	wait_until 5 grep -q there "$work/other"
	: >"$work/connections"
	start_baton BATON_READY=accept BATON_LISTEN="[::]:$port" -- python3 "$server" "$work/connections" "[::1]:$port"
	check "IPv6 alone: comes up" ready
	equal "IPv6 alone: the probe came from" "1 ::1" "$(cut -d ' ' -f 1,3 "$work/connections")"
	equal "IPv6 alone: who has IPv4 was not asked" there "$(cat "$work/other")"
	stop_baton
	kill "$other"
	wait "$other" 2>/dev/null
else
	skip "IPv6" "there is none here"
fi

# --- several addresses: each is to be accepted

port=$(free_port)
second=$(free_port)
: >"$work/connections"
start_baton BATON_READY=accept BATON_READY_TIMEOUT=6500ms -- python3 "$server" "$work/connections" \
	"127.0.0.1:$port" "file=$work/second,127.0.0.1:$second" "file=$work/mute,mute,127.0.0.1:$second"
ready || fail "several: comes up" "$(tail -n 3 "$work/log")"
touch "$work/second"
baton reload >"$work/reload" 2>&1 || fail "several: is handed over" "$(cat "$work/reload")"
equal "several: both were asked" "2 2" "$(sed -n 's/^2 .* //p' "$work/connections" | sort -u | wc -l) $(ask 127.0.0.1 "$second")"
rm "$work/second"
check "several: one that is not bound any more is not asked" timeout 5 "$build/baton" reload
touch "$work/mute"
baton reload >"$work/reload" 2>&1 && fail "several: one where nobody accepts" "it served"
check "several: which one is said" grep -q "not ready yet: nobody accepts a connection to 127.0.0.1:$second" "$work/log"
equal "several: who served serves on" 3 "$(serving)"
stop_baton
finish
