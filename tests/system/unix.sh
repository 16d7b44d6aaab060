#!/usr/bin/env bash
# UNIX listeners: handoffs by rename, without a moment without the path, whatever the server does to
# it; who may connect; what is left over, too long or somebody else's; queues, drain and the end.
. "$(dirname "$0")/lib.sh"
place=$work/place path=$work/place/app.sock server=$root/tests/system/unixserver.py

fresh() { stop_baton; rm -rf "$place"; mkdir "$place"; chmod 755 "$place"; }
ask() { curl -s --max-time 8 --unix-socket "$path" "http://x$1"; }
names() { (cd "$place" && find . -type s -printf '%f ' | wc -w); }
mode() { stat -c %a "$path"; }
reloads() { # COUNT: how many went well
	local i done=0
	for ((i = 0; i < $1; i++)); do timeout 20 build/baton reload >/dev/null 2>&1 && done=$((done + 1)); done
	echo "$done"
}
refused() { # NAME PATTERN VARIABLE=VALUE
	env "$3" BATON_CONTROL="$work/other.sock" timeout 5 "$build/baton" -- true >/dev/null 2>"$work/said"
	if grep -q "$2" "$work/said"; then ok "$1"; else fail "$1" "$(tail -n 1 "$work/said")"; fi
}

# under_handoffs NAME COUNT: while somebody connects without a pause
under_handoffs() {
	"$build/workers/moments" "$path" 4 >"$work/moments" &
	local watcher=$!
	equal "$1: handoffs" "$2" "$(reloads "$2")"
	if wait $watcher; then ok "$1: nothing refused, and the path always there: $(cat "$work/moments")"
	else fail "$1: nothing refused, and the path always there" "$(cat "$work/moments")"; fi
}

# --- a declared path: a server that removes it before it binds and when it ends
fresh
start_baton "BATON_LISTEN=$path?mode=0660" -- python3 "$server" "$path"
check "declared: ready" ready
equal "declared: mode=" 660 "$(mode)"
equal "declared: adopted by bind" inject "$(status 's["services"][0]["generations"][0]["workers"][0]["adoption"]')"
under_handoffs declared 12
equal "declared: the mode goes along" 660 "$(mode)"
check "declared: a later generation answers" grep -q 'generation 13' <(ask /who)

# --- what waits is seen, and what is asked is answered by who was asked
pid=$(pgrep -n -f "unixserver.py $path")
kill -STOP "$pid"
for i in 1 2 3; do ask /who >"$work/waits.$i" & done
wait_until 3 sh -c "[ \"\$(build/baton status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"services\"][0][\"listeners\"][0][\"queue\"])')\" = 3 ]"
equal "queue: seen in the status" 3 "$(status 's["services"][0]["listeners"][0]["queue"]')"
kill -CONT "$pid"
wait_until 5 grep -q generation "$work/waits.3"
ask /slow >"$work/slow" &
slow=$!
sleep 0.3
reloads 1 >/dev/null
check "drain: the new one serves at once" grep -q 'generation 14' <(ask /who)
wait $slow
equal "drain: a request in flight is answered by the old one" "generation 13" "$(cat "$work/slow")"

# --- the end
stop_baton
equal "end: no name is left" 0 "$(names)"

# --- where hard links are refused: a soft one to the slot's name, from one to the next
fresh
mkdir "$work/linkless"
printf '#!/bin/sh\nexec "%s/workers/without" link "%s/baton" "$@"\n' "$build" "$build" >"$work/linkless/baton"
chmod 755 "$work/linkless/baton"
linkless() { build=$work/linkless start_baton "$@"; }
linkless "BATON_LISTEN=$path?mode=0660" -- python3 "$server" "$path"
check "no hard links: ready" ready
check "no hard links: the path leads to a slot" grep -qx '\.app\.sock\.baton-[0-9]*' <(readlink "$path")
equal "no hard links: mode=" 660 "$(stat -L -c %a "$path")"
under_handoffs "no hard links" 8
equal "no hard links: the mode goes along" 660 "$(stat -L -c %a "$path")"
check "no hard links: a later generation answers" grep -q 'generation 9' <(ask /who)
refused "no hard links: who comes second is told" 'somebody else listens there' "BATON_LISTEN=$path"
kill -KILL "$(init_pid)"
await_end
check "no hard links: killed, the names are left" test -L "$path"
linkless "BATON_LISTEN=$path" -- python3 "$server" "$path"
check "no hard links: and taken again" ready
stop_baton
equal "no hard links: no name is left" 0 "$(find "$place" -mindepth 1 | wc -l)"
ln -s /somewhere/else "$path"
refused "no hard links: a link of somebody else is not touched" 'there is a file that is no socket' "BATON_LISTEN=$path"
check "no hard links: and still there" test -L "$path"

# --- a learned path, with the worker's umask and as its user, who may write there
if [ "$(id -u)" = 0 ]; then
	fresh
	chown nobody "$place"
	start_baton BATON_USER=nobody BATON_DIR="$place" -- python3 "$server" app.sock 0117
	check "learned: ready" ready
	equal "learned: umask and owner are the worker's" "660 nobody" "$(stat -c '%a %U' "$path")"
	under_handoffs learned 8
	equal "learned: they go along" "660 nobody" "$(stat -c '%a %U' "$path")"
	fresh
	start_baton BATON_USER=nobody -- python3 "$server" "$path"
	wait_until 5 grep -q 'take .* over' "$work/log"
	check "learned: not where the user may not write" grep -q 'cannot take .*Permission denied' "$work/log"
	equal "learned: and nothing was made there" 0 "$(names)"
fi

# --- a worker that changes the mode after bind
fresh
start_baton -- python3 "$server" "$path" 077 640
ready
equal "chmod: it holds" 640 "$(mode)"
reloads 1 >/dev/null
equal "chmod: in the next generation, too" 640 "$(mode)"
stop_baton

# --- what is there already
fresh
echo kept >"$path"
refused "there: a file is not touched" 'there is a file that is no socket' "BATON_LISTEN=$path"
equal "there: nor written" kept "$(cat "$path")"
rm "$path"
python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.bind('$path')"
start_baton BATON_LISTEN="$path" -- python3 "$server" "$path"
check "there: a socket that nobody listens on is replaced" ready
refused "there: one that somebody listens on is not" 'somebody else listens there' "BATON_LISTEN=$path"
check "there: and goes on" grep -q generation <(ask /who)
stop_baton
long=$place/$(printf 'x%.0s' {1..80})
refused "long: says how long it may be" 'longer than 97 bytes' "BATON_LISTEN=$long"
refused "option: says what it takes" 'mode=0999: give an octal number' "BATON_LISTEN=$path?mode=0999"
refused "option: of the other family" 'option fastopen is of TCP sockets alone' "BATON_LISTEN=$path?fastopen=9"
refused "option: which there are" "option 'speed' is not known" "BATON_LISTEN=8080?speed=9"
fresh
start_baton BATON_READY=notify -- python3 -c "import socket, time
s = socket.socket(socket.AF_UNIX); s.bind('\0baton-test-$$'); s.listen(); time.sleep(60)"
check "abstract: said, and left alone" wait_until 5 grep -q 'binds an abstract UNIX name' "$work/log"
stop_baton

# --- beside TCP, and through LISTEN_FDS
fresh
port=$(free_port)
start_baton "BATON_LISTEN=$port,$path" BATON_ADOPT=env -- sh -c 'echo "fds $LISTEN_FDS" >&2; exec sleep 60'
check "LISTEN_FDS has both" wait_until 5 grep -q 'fds 2' "$work/log"
stop_baton

# --- real servers
real() { # NAME COUNT VARIABLE... -- COMMAND...
	local name=$1 count=$2
	shift 2
	fresh
	start_baton "$@"
	if ! ready; then fail "$name: ready" "$(tail -n 3 "$work/log")"; return; fi
	under_handoffs "$name" "$count"
	stop_baton
}
if command -v node >/dev/null; then
	cat >"$work/server.js" <<-'END'
	const s = require('http').createServer((q, r) => r.end('node')).listen(process.argv[2]);
	process.on('SIGTERM', () => s.close(() => process.exit(0)));
	END
	real node 5 -- node "$work/server.js" "$path"
fi
if command -v nginx >/dev/null; then
	cat >"$work/nginx.conf" <<-END
	daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log;
	events {} http { access_log off; server { listen unix:$path; location / { return 200 nginx; } } }
	END
	real nginx 5 BATON_STOP_SIGNAL=QUIT -- nginx -c "$work/nginx.conf"
fi
if command -v gunicorn >/dev/null; then
	printf 'def app(e, s):\n    s("200 OK", [])\n    return [b"gunicorn"]\n' >"$work/app.py"
	real gunicorn 6 BATON_LISTEN="$path" BATON_ADOPT=inject -- gunicorn --chdir "$work" -w 1 --bind "unix:$path" app:app
fi
finish
