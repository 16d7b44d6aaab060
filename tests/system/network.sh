#!/usr/bin/env bash
# Goal: nothing is lost in a handoff where the network is bad: with packets that come late or not at all, those of
# handshakes too; and with a SYN cookie for each connection, which the slot that answered does not remember.
# In network namespaces of its own. HANDOFFS says how many (3).
[ -n "${BATON_TEST_NETWORK:-}" ] || [ "$(id -u)" != 0 ] || exec env BATON_TEST_NETWORK=1 unshare -n bash "$0" "$@"
. "$(dirname "$0")/lib.sh"
unset BATON_TEST_NETWORK
handoffs=${HANDOFFS:-3}
far= wire_pid=

[ "$(id -u)" = 0 ] || { skip network "needs root"; finish; }
ip link set lo up || { skip network "no network namespace of its own"; finish; }

# hand_over NAME KIND...: reload under the loads that were started, end them.
hand_over() {
	local name=$1 i kind last=()
	shift
	for ((i = 1; i <= handoffs; i++)); do
		read -rt 1 <> <(:)	# so that each generation serves some of the load
		[ $i -lt "$handoffs" ] || last=(--drained)
		baton reload "${last[@]}" >"$work/reload" 2>&1 || fail "$name: reload" "$(tail -n 2 "$work/reload")"
	done
	for kind in "$@"; do load_end "$name, $kind" "$handoffs"; done
	equal "$name: handoffs" "$handoffs" "$(status 's["services"][0]["handoffs"]["done"]')"
	equal "$name: left behind in a queue" 0 "$(status 's["services"][0]["handoffs"]["left_behind"]')"
}

counter() { # NAME: of the kernel's, in this namespace
	awk -v name="$1" '/^TcpExt:/ { if (!n) n = split($0, names); else { split($0, is); for (i = 2; i <= n; i++)
		if (names[i] == name) print is[i] } }' /proc/net/netstat
}

# --- cookies ----------------------------------------------------------------------------------

cookies() {
	local name="SYN cookies" port sent
	[ -w /proc/sys/net/ipv4/tcp_syncookies ] && sysctl -qw net.ipv4.tcp_syncookies=2 ||
		{ skip "$name" "the kernel has none"; return; }
	sysctl -qw net.core.somaxconn=64	# a small queue, too, which a burst fills
	port=$(free_port)
	start_baton BATON_DRAIN_TIMEOUT=10s -- "$build/workers/epoll" --port "$port"
	ready || { fail "$name: starts" "$(tail -n 3 "$work/log")"; return; }
	load_start "$name, new" --mode new --connections 64 --rate 1500 --timeout 30s --duration 300 \
		--generation generation= "http://127.0.0.1:$port/"
	load_start "$name, slow" --mode slow --connections 8 --rate 10 --duration 300 "http://127.0.0.1:$port/slow"
	load_start "$name, kept alive" --mode keepalive --connections 8 --think 150 --jitter 100 --duration 300 \
		--generation generation= "http://127.0.0.1:$port/"
	hand_over "$name" new slow "kept alive"
	sent=$(counter SyncookiesRecv)
	check "$name: connections were made of them ($sent)" test "$sent" -gt 1000
	stop_baton
	sysctl -qw net.ipv4.tcp_syncookies=1
}

# --- loss and delay ---------------------------------------------------------------------------

# 20 ms and 2 % each way: in the kernel where it has netem, else by a wire to another namespace.
bad_network() {
	near=127.0.0.1
	if tc qdisc add dev lo root netem delay 20ms loss 2% 2>/dev/null; then
		how=netem
		return 0
	fi
	[ -c /dev/net/tun ] || return 1
	unshare -n sleep 3600 &
	far=$!
	near=10.255.7.1
	wait_until 5 sh -c "! test /proc/$far/ns/net -ef /proc/self/ns/net"
	"$build/workers/wire" "$far" 20 2 >"$work/wire" 2>&1 &
	wire_pid=$!
	wait_until 5 grep -q up "$work/wire" || return 1
	how="a wire of its own, this kernel has no netem"
	ip addr add $near peer 10.255.7.2 dev wire && ip link set wire up &&
		nsenter -t "$far" -n ip addr add 10.255.7.2 peer $near dev wire &&
		nsenter -t "$far" -n ip link set wire up
}

far_load() { # as load_start, from the other end
	local name=$1
	shift
	if [ -z "$far" ]; then load_start "$name" "$@"; return; fi
	(exec nsenter -t "$far" -n "$build/load" --json "$@") >"$work/load.$name" 2>"$work/load.$name.err" &
	load_pids[$name]=$!
}

loss() {
	local name="2 % lost, 20 ms late" port near how=
	bad_network || { skip "$name" "neither netem nor /dev/net/tun"; return; }
	echo "($name: $how)"
	port=$(free_port)
	start_baton BATON_DRAIN_TIMEOUT=20s -- "$build/workers/epoll" --port "$port"
	ready || { fail "$name: starts" "$(tail -n 3 "$work/log")"; return; }
	far_load "$name, new" --mode new --connections 64 --rate 150 --timeout 40s --duration 300 \
		--generation generation= "http://$near:$port/"
	far_load "$name, slow" --mode slow --connections 8 --rate 10 --duration 300 "http://$near:$port/slow"
	far_load "$name, streams" --mode stream --connections 4 --rate 2 --timeout 40s --duration 300 "http://$near:$port/stream?5"
	far_load "$name, kept alive" --mode keepalive --connections 8 --think 5000 --jitter 2000 --timeout 40s \
		--duration 300 --generation generation= "http://$near:$port/"
	hand_over "$name" new slow streams "kept alive"
	check "$name: packets were lost" test "$(awk '/^Tcp:/ { n++; if (n == 2) print $13 }' /proc/net/snmp)" -gt 0
	stop_baton
}

cookies
loss
[ -z "$wire_pid" ] || { kill "$wire_pid"; wait "$wire_pid"; } 2>/dev/null
[ -z "$far" ] || { kill "$far"; wait "$far"; } 2>/dev/null
finish
