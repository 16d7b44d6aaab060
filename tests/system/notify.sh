#!/usr/bin/env bash
# Goal: what a worker says by sd_notify(3) counts as service managers have it: whoever of it says so,
# READY, STATUS, RELOADING, BARRIER, MAINPID, EXTEND_TIMEOUT_USEC, WATCHDOG, FDSTORE, ERRNO; and what is
# no worker's, or too long, counts for nothing.
. "$(dirname "$0")/lib.sh"
teller=(python3 "$root/tests/system/teller.py")
worker='s["services"][0]["generations"][0]["workers"][0]'
# The worker, as it is seen from here: the status has its pid in its own namespace.
worker_here() { pgrep -P "$(pgrep -P "$(init_pid)" -f "^baton keeper" | head -n 1)" | head -n 1; }
is() { [ "$(status "$1")" = "$2" ]; }

start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify -- "${teller[@]}" long "say:STATUS=warm\nX-UNKNOWN=1" \
	barrier child:READY=1 write:"$work/after" \
	sleep:0.2 "say:RELOADING=1\nMONOTONIC_USEC=1\nSTATUS=reading café"
check "a descendant's READY=1 counts" ready 5
check "a barrier is lifted" test -e "$work/after"
check "RELOADING=1 and STATUS are shown" wait_until 5 is "$worker['says'], $worker['status']" "reloading reading café"
check "the status has them" grep -q "says it is reloading: reading café" <(baton status)
python3 - "$(tr '\0' '\n' <"/proc/$(worker_here)/environ" | sed -n 's/^NOTIFY_SOCKET=//p')" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("\0" + sys.argv[1][1:])
for _ in range(3):
    s.send(b"STATUS=foreign")
END
check "a stranger is heard of" wait_until 5 grep -q "spoke on their NOTIFY_SOCKET: ignored" "$work/log"
equal "... once" 1 "$(grep -c 'NOTIFY_SOCKET: ignored' "$work/log")"
equal "... and not believed" "reading café" "$(status "$worker['status']")"
check "what is too long is said to be" grep -q "more than fits into one message" "$work/log"
stop_baton

mkdir "$work/sockets"
start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_SOCKET_DIR="$work/sockets" -- "${teller[@]}" say:READY=1
check "READY=1 on a path" ready 5
equal "both sockets are there" 2 "$(find "$work/sockets" -type s | wc -l)"
stop_baton
equal "... and go with the generation" 0 "$(find "$work/sockets" -type s | wc -l)"

start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify -- "${teller[@]}" main write:"$work/main" term write:"$work/told"
check "MAINPID: it went to the background" ready 5
wait_until 5 test -e "$work/main"
pid=$(status "$worker['pid']")
check "... and is the worker" grep -qz "teller" "/proc/$(pgrep -f "teller.py main" | head -n 1)/cmdline"
check "... that runs" test "$pid" -gt 0
equal "... without a restart" 0 "$(status "$worker['restarts']")"
stop_baton
check "... and is told to stop" test -e "$work/told"

start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_READY_TIMEOUT=2s -- "${teller[@]}" \
	say:EXTEND_TIMEOUT_USEC=3000000 sleep:1.5 say:EXTEND_TIMEOUT_USEC=3000000 sleep:1.5 say:READY=1
check "EXTEND_TIMEOUT_USEC: a start may take longer" ready 10
stop_baton
start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_READY_TIMEOUT=1s BATON_RESTART_LIMIT=1/1m -- "${teller[@]}" \
	say:EXTEND_TIMEOUT_USEC=100000 sleep:1.6 say:READY=1
await_end
equal "... but not for ever, and less than it had it never gets" 1 "$ended"
start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_STOP_TIMEOUT=1s -- "${teller[@]}" say:READY=1 \
	term say:EXTEND_TIMEOUT_USEC=3000000 sleep:1.8 write:"$work/stopped"
ready 5
baton reload --drained >/dev/null 2>&1
check "... and so may an end" test -e "$work/stopped"
stop_baton

cat >"$work/late.py" <<'END'
"""PORT SECONDS: answers after so long, and meanwhile says that it needs longer."""
import os, socket, sys, time
where = os.environ["NOTIFY_SOCKET"]
def say(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text, "\0" + where[1:] if where[0] == "@" else where)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
say(b"READY=1")
while True:
    client = listener.accept()[0]
    client.recv(4096)
    until = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < until:
        say(b"EXTEND_TIMEOUT_USEC=1500000")
        time.sleep(0.3)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlate\n")
    client.close()
END
port=$(free_port)
start_baton BATON_READY=notify BATON_DRAIN_TIMEOUT=1s BATON_STOP_TIMEOUT=1s -- python3 "$work/late.py" "$port" 3
ready 5
curl -s --max-time 10 "http://127.0.0.1:$port/" >"$work/late" &
late=$!
wait_until 5 sh -c "ss -Htn state established 'sport = :$port' | grep -q ."
baton reload >/dev/null 2>&1
wait $late
equal "... and a drain" late "$(cat "$work/late")"
check "... which ends then" wait_until 3 grep -q "1 drained, 0 closed quiet, 0 cut" "$work/log"
stop_baton
start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_READY_TIMEOUT=1s BATON_WORKERS=2 BATON_STRATEGY=rolling -- \
	"${teller[@]}" say:EXTEND_TIMEOUT_USEC=2500000 sleep:1.5 say:READY=1
ready 5
check "... and a start of each worker, one at a time" sh -c "timeout 20 \"$build/baton\" reload >/dev/null 2>&1"
equal "... all of which serve" "1 0" "$(status 's["services"][0]["handoffs"]["done"], s["services"][0]["handoffs"]["failed"]' | tr -d '(,)')"
stop_baton

# --- where the kernel finds no name: a directory of the user's own
mkdir "$work/nameless"
printf '#!/bin/sh\nexec "%s/workers/without" abstract "%s/baton" "$@"\n' "$build" "$build" >"$work/nameless/baton"
chmod 755 "$work/nameless/baton"
nameless() { build=$work/nameless start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify "$@"; }
if [ "$(id -u)" = 0 ]; then
	user=64737 own=/tmp/baton-64737		# nobody's number
	rm -rf "$own"
	nameless BATON_USER=$user -- "${teller[@]}" say:READY=1
	check "no abstract names: READY=1 on a path" ready 5
	equal "... in a directory of its own" "700 $user 2" "$(stat -c '%a %u' "$own") $(find "$own" -type s | wc -l)"
	kill -KILL "$(init_pid)"
	await_end
	equal "... where a kill leaves them" 2 "$(find "$own" -type s | wc -l)"
	nameless BATON_USER=$user -- "${teller[@]}" say:READY=1
	check "... and that is in nobody's way" ready 5
	stop_baton
	equal "... and they go with the generation" 0 "$(find "$own" -type s | wc -l)"
	for how in 'chmod 755' 'chown 64738' 'rm -r'; do
		$how "$own"
		[ -e "$own" ] || ln -s "$work/sockets" "$own"
		nameless BATON_USER=$user BATON_RESTART_LIMIT=1/1m -- true
		await_end
		check "... one that may be somebody else's is not used ($how)" \
			grep -q "have no NOTIFY_SOCKET: cannot make it in $own" "$work/log"
	done
	rm -rf "$own"
else
	skip "no abstract names" "only root can be another user"
fi

start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_WATCHDOG=400ms BATON_RESTART=on-failure -- "${teller[@]}" \
	say:READY=1 once:"$work/first" alive:8,0.1 write:"$work/lived" sleep:60 then alive:1000,0.1
ready 5
check "WATCHDOG: who says it lives" wait_until 5 test -e "$work/lived"
check "... who stops saying it does not" wait_until 5 grep -q "did not say WATCHDOG=1 for 400ms: ended with SIGABRT" "$work/log"
check "... and is started again" wait_until 5 is "$worker['restarts'], $worker['says']" "1 ready"
stop_baton
start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_WATCHDOG=400ms -- "${teller[@]}" \
	say:READY=1 once:"$work/silent" sleep:60 then alive:1000,0.1
ready 5
check "... nor who never says it" wait_until 5 grep -q "did not say WATCHDOG=1 for 400ms" "$work/log"
stop_baton
start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify -- "${teller[@]}" say:READY=1 once:"$work/second" sleep:0.5 \
	"say:WATCHDOG=trigger\nERRNO=5" sleep:60 then
ready 5
check "WATCHDOG=trigger is obeyed at once" wait_until 5 grep -q "said WATCHDOG=trigger: ended with SIGABRT" "$work/log"
stop_baton

start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_RESTART_LIMIT=1/1m -- "${teller[@]}" "say:ERRNO=98" end:3
await_end
check "ERRNO is the reason of a failure" grep -q "exit code 3: Address already in use (ERRNO=98)" "$work/log"

given() { sed -n "2,\$s/ .*//p" "$work/given" | xargs; }	# less the socket
long=$(printf 'n%.0s' {1..255})
start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify BATON_FDSTORE_MAX=4 -- "${teller[@]}" given:"$work/given" \
	once:"$work/third" store:a store:"$long" store:keep,poll0 hang:gone barrier store:five barrier \
	then say:READY=1 sleep:2 drop
ready 5
equal "FDSTORE: the first is given its socket alone" 1 "$(wc -l <"$work/given")"
equal "... the status has their names" "a $long keep gone" "$(status '" ".join(s["services"][0]["stored"])')"
check "... there are no more than may be" grep -q "'five' is not stored: there are 4 already (BATON_FDSTORE_MAX=4)" "$work/log"
check "... what hangs up is dropped" wait_until 5 is '" ".join(s["services"][0]["stored"])' "a $long keep"
kill -9 "$(worker_here)"
wait_until 5 is "$worker['restarts']" 1
wait_until 5 grep -q keep "$work/given"
equal "... who is started again has them" "a $long keep" "$(given)"
rm "$work/given"
check "... through an upgrade of baton as well" sh -c "\"$build/baton\" upgrade \"$build/baton-next\" >/dev/null 2>&1"
baton reload >/dev/null 2>&1
equal "... and so has the next generation" "a $long keep" "$(given)"
equal "... the very same" 3 "$(grep -c ' /memfd$' "$work/given")"
stop_baton

start_baton BATON_LISTEN="$(free_port)" BATON_READY=notify -- "${teller[@]}" store:x store:y store:x barrier forget:x barrier say:READY=1
ready 5
equal "FDSTOREREMOVE takes all of a name" y "$(status '" ".join(s["services"][0]["stored"])')"
stop_baton
finish
