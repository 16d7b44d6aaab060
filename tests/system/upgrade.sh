#!/usr/bin/env bash
# Goal: `baton upgrade` makes PID 1 another version of baton, again and again, under load, and nobody
# notices: no connection is lost, no process is another one. What would not come up never is PID 1.
. "$(dirname "$0")/lib.sh"
upgrades=${UPGRADES:-20}

# The place where baton is installed: a new version is put there as a package would do it.
bin=$work/bin
mkdir "$bin"
install_baton() { cp "$1" "$bin/baton.new" && mv "$bin/baton.new" "$bin/baton"; }
baton() { "$bin/baton" "$@"; }
start_installed() { build=$bin start_baton "$@"; }
versions=("$build/baton-next" "$build/baton")

everybody() { # all processes but the load, by parent: who they are must not change
	ps -o pid= --ppid "$(init_pid)" | sort | tr -d ' \n'
	status '[(s["pid"], [[(w["pid"], w["restarts"]) for g in v["generations"] for w in g["workers"]] for v in s["services"]])]'
}
install_baton "$build/baton"

# --- again and again, under load --------------------------------------------------------------

port=$(free_port) node_port=$(free_port)
cat >"$work/server.js" <<-JS
	require('http').createServer((q, s) => s.end('hello')).listen($node_port, '127.0.0.1')
JS
chmod -R a+rX "$work"
second="command = $build/workers/epoll --port $node_port"
command -v node >/dev/null && second="command = node $work/server.js"
start_installed BATON_DRAIN_TIMEOUT=5s BATON_CONFIG="[service c]
command = $build/workers/epoll --port $port
workers = 2
[service node]
$second" --
if ready 20; then
	before=$(everybody) first=$(init_pid)
	for mode in new keepalive slow; do
		load_start "c, $mode" --mode $mode --rate 60 --connections 8 --duration 120 "http://127.0.0.1:$port/"
		load_start "node, $mode" --mode $mode --rate 60 --connections 8 --duration 120 "http://127.0.0.1:$node_port/"
	done
	for ((i = 0; i < upgrades; i++)); do
		install_baton "${versions[i % 2]}"
		baton upgrade >"$work/upgrade" 2>&1 || fail "upgrade $i" "$(cat "$work/upgrade")"
		wait_until 1 sleep 0.2
	done
	equal "it was upgraded each time" "$upgrades" "$(grep -c 'upgraded from .* to .*, nothing was closed' "$work/log")"
	equal "the status knows how often" "$upgrades" "$(status 's["upgrades"]')"
	equal "PID 1 and everybody below are who they were" "$before" "$(everybody)"
	equal "and so is what ps shows" "baton $first" "$(ps -o comm=,pid= -p "$first" | tr -s ' ')"
	check "it has as many descriptors as before" test \
		"$(ls "/proc/$first/fd" | wc -l)" -le "$((2 * (16 + 1) * 2 + 30))"
	fds=$(ls "/proc/$first/fd" | wc -l)
	for service in c node; do
		baton reload $service >"$work/reload" 2>&1 || fail "$service: handed over afterwards" "$(cat "$work/reload")"
	done
	equal "handed over afterwards" "1 1" "$(status '" ".join(str(v["handoffs"]["done"]) for v in s["services"])')"
	load_all=$SECONDS
	for mode in new keepalive slow; do
		load_end "c, $mode" 100
		load_end "node, $mode" 100
	done
	equal "left behind" "0 0" "$(status '" ".join(str(v["handoffs"]["left_behind"]) for v in s["services"])')"

	# an orphan of a process that was started by another version is reaped by this one
	nsenter -t "$first" -p -m -- sh -c 'sh -c "sleep 0.1 & :"' 2>/dev/null
	check "orphans are reaped" wait_until 3 sh -c "! ps -o stat= --ppid $first | grep -q Z"
	wait_until 10 sh -c "[ \"\$(ls /proc/$first/fd | wc -l)\" -le $fds ]"
	signal_baton TERM
	await_end
	equal "TERM ends it as ever" 0 "$ended"
	check "it leaves no control socket" test ! -e "$work/control.sock"
else
	fail "two services start" "$(tail -n 5 "$work/log")"
	stop_baton
fi
finish
