#!/usr/bin/env bash
# What a worker sets on its socket before bind holds on the slot, in every generation: by a copy, and
# where pidfd_getfd is refused; options of BATON_LISTEN; IPv6 alone beside IPv4.
. "$(dirname "$0")/lib.sh"

ask() { curl -s -g --max-time 5 "http://$1:$port/"; }
has() { # NAME PATTERN...: in what the worker sees
	local name=$1 pattern missing=
	shift
	for pattern; do grep -qx "$pattern" "$work/seen" || missing+=" $pattern"; done
	if [ -z "$missing" ]; then ok "$name"; else fail "$name" "not$missing: $(tr '\n' ' ' <"$work/seen")"; fi
}
backlog() { ss -ltnH "sport = :$port" | awk '{ print $3 }' | sort -n | tail -n 1; }
reload() { timeout 20 build/baton reload >/dev/null; }

# --- read from the worker's socket
port=$(free_port)
start_baton -- "$build/workers/traits" "$port" rcvbuf=50000 sndbuf=60000 defer_accept=5 fastopen=17 \
	keepalive=1 keepidle=33 nodelay=1
# with DEFER_ACCEPT nobody is accepted who says nothing: the probe has to
check "copy: ready at once, though it defers" ready 3
ask 127.0.0.1 >"$work/seen"
has "copy: all is there" rcvbuf=100000 sndbuf=120000 'defer_accept=[57]' fastopen=17 keepalive=1 keepidle=33 nodelay=1
reload
ask 127.0.0.1 >"$work/seen"
has "copy: in the next generation, too" rcvbuf=100000 fastopen=17 keepidle=33 nodelay=1
stop_baton

# --- noted when they are set
start_refusing() {
	export BATON_CONTROL=$work/control.sock
	rm -f "$work/control.sock"
	"$build/workers/without" getfd "$build/baton" -- "$@" >"$work/out" 2>"$work/log" &
	baton_pid=$!
	wait_until 5 test -S "$work/control.sock"
}
init_pid() { if [ -n "${plain:-}" ] || [ "$(id -u)" != 0 ]; then echo "$baton_pid"; else pgrep -P "$baton_pid" | head -n 1; fi; }
plain=yes
port=$(free_port)
start_refusing "$build/workers/traits" "6:$port" rcvbuf=50000 sndbuf=60000 defer_accept=5 fastopen=17
check "refused: ready" ready
ask '[::1]' >"$work/seen"
has "refused: the rare ones are kept" rcvbuf=100000 sndbuf=120000 'defer_accept=[57]' fastopen=17 v6only=1
stop_baton
plain=

# --- IPv6 alone is learned as such, and leaves IPv4 to somebody else
port=$(free_port)
start_baton -- "$build/workers/traits" "6:$port"
check "v6only: ready" ready
check "v6only: 0.0.0.0 is free" python3 -c "import socket; socket.socket().bind(('127.0.0.1', $port))"
stop_baton
port=$(free_port)
start_baton "BATON_LISTEN=[::]:$port?v6only=on,0.0.0.0:$port" -- \
	sh -c "'$build/workers/traits' 6:$port & exec '$build/workers/traits' $port"
check "v6only: two listeners on one port" ready
ask '[::1]' >"$work/seen"
has "v6only: one of IPv6" v6only=1
ask 127.0.0.1 >"$work/seen"
has "v6only: one of IPv4" v6only=-1
stop_baton

# --- options of BATON_LISTEN
port=$(free_port)
start_baton "BATON_LISTEN=$port?backlog=300&rcvbuf=50k&keepalive=on&fastopen=9" -- "$build/workers/traits" "6:$port"
ready
ask 127.0.0.1 >"$work/seen"
has "options: they hold" rcvbuf=102400 keepalive=1 fastopen=9
check "options: that it is not for IPv6 alone is said" grep -q 'IPV6_V6ONLY' "$work/log"
reload
equal "options: said once" 1 "$(grep -c IPV6_V6ONLY "$work/log")"
if command -v ss >/dev/null; then equal "options: backlog, against the worker's 64" 300 "$(backlog)"
else skip "options: backlog" "no ss"; fi
stop_baton
finish
