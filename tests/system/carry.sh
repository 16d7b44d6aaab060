#!/usr/bin/env bash
# Goal: with BATON_CONNECTIONS=carry, connections that are never idle are the same before and after several
# handoffs, and not a request is lost, of servers that know nothing of it; also where pidfd_getfd is
# refused. Nobody takes the body of a request for one, and nothing is carried unless that is asked for.
. "$(dirname "$0")/lib.sh"

here=tests/system
clients=16

cat >"$work/server.mjs" <<'END'
import http from 'node:http';
http.createServer((q, r) => r.end(`generation=${process.env.BATON_GENERATION}\n`))
	.listen(Number(process.argv[2]), '127.0.0.1');
END

cat >"$work/server.py" <<'END'
import asyncio, os, sys

ANSWER = b'generation=%s\n' % os.environ['BATON_GENERATION'].encode()

class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.asked = transport, b''

    def data_received(self, data):
        self.asked += data
        while b'\r\n\r\n' in self.asked:
            self.asked = self.asked.split(b'\r\n\r\n', 1)[1]
            self.transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' % (len(ANSWER), ANSWER))

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, '127.0.0.1', int(sys.argv[1]))
    await server.serve_forever()

asyncio.run(main())
END

sums() { status 's["services"][0]["handoffs"]["carried"]'; }

# busy NAME HANDOFFS MODE PORT COMMAND...: clients that never pause, through so many handoffs.
busy() {
	local name=$1 count=$2 mode=$3 port=$4 i
	shift 4
	start_baton BATON_LISTEN="127.0.0.1:$port" BATON_CONNECTIONS="$mode" BATON_DRAIN_TIMEOUT=6s -- "$@"
	if ! ready 20; then
		fail "$name: starts" "not ready: $(tail -n 5 "$work/log")"
		stop_baton
		return
	fi
	load_start "$name" --mode keepalive --connections $clients --duration 60 \
		--generation generation= "http://127.0.0.1:$port/"
	sleep 0.5
	for ((i = 0; i < count; i++)); do
		baton reload --drained >"$work/reload" 2>&1 || fail "$name: reload" "$(tail -n 5 "$work/reload")"
	done
}

carried() { # NAME HANDOFFS...: as busy, all of them carried each time
	local name=$1 count=$2
	busy "$name" "$count" carry "${@:3}"
	load_end "$name" 500
	equal "$name: connections that the clients made, in $count handoffs" $clients \
		"$(load_value "$name" 'r["connections"]')"
	equal "$name: carried on" $((clients * count)) "$(sums)"
	stop_baton
}

if command -v node >/dev/null; then
	port=$(free_port)
	carried node 3 "$port" node "$work/server.mjs" "$port"
else
	skip node "no node here"
fi
port=$(free_port)
carried asyncio 3 "$port" python3 "$work/server.py" "$port"

# --- as in Docker: the workers are made to send the descriptors

mkdir "$work/refusing"
cat >"$work/refusing/baton" <<END
#!/bin/sh
exec "$build/workers/without" getfd "$build/baton" "\$@"
END
chmod 755 "$work/refusing/baton"
port=$(free_port)
if [ "$(uname -m)" = x86_64 ]; then
	whole=$build
	build=$work/refusing
	ln -s "$whole/load" "$build/load"
	carried "pidfd_getfd refused" 2 "$port" "$whole/workers/epoll" --address 127.0.0.1 --port "$port"
	build=$whole
else
	skip "pidfd_getfd refused" "calls are made by workers on x86-64 alone"
fi

# --- not asked for

port=$(free_port)
busy "not asked for" 1 drain "$port" "$build/workers/epoll" --address 127.0.0.1 --port "$port"
kill -INT "${load_pids["not asked for"]}"
wait "${load_pids["not asked for"]}"
equal "not asked for: carried on" 0 "$(sums)"
stop_baton

# --- bodies that look like requests

port=$(free_port)
start_baton BATON_LISTEN="127.0.0.1:$port" BATON_CONNECTIONS=carry BATON_DRAIN_TIMEOUT=1500ms BATON_QUIET=200ms -- \
	python3 $here/smuggle.py serve "$port" "$work/smuggled"
if ready 20; then
	timeout 60 python3 $here/smuggle.py attack "$port" "${SMUGGLE_SECONDS:-8}" "${SEED:-1}" \
		>"$work/attack" 2>"$work/wrong" </dev/null &
	attack=$!
	while kill -0 $attack 2>/dev/null; do
		baton reload >"$work/reload" 2>&1
		read -rt 0.2 <> <(:) || :
	done
	wait $attack
	read -r _ requests _ connections _ wrong <"$work/attack"
	equal "smuggling: answers that are not of who asked, of ${requests:-0} on ${connections:-0} connections" \
		0 "${wrong:-none}"
	check "smuggling: no worker was asked what nobody asked" test ! -e "$work/smuggled"
	check "smuggling: and some were carried ($(sums))" test "$(sums)" -gt 0
else
	fail "smuggling: starts" "not ready: $(tail -n 5 "$work/log")"
fi
stop_baton
finish
