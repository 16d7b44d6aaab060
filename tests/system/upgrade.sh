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
spread = worker
[service node]
$second" --
if ready 20; then
	before=$(everybody) first=$(init_pid)
	fds=$(ls "/proc/$first/fd" | wc -l)
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
	equal "it has as many descriptors as before" "$fds" "$(ls "/proc/$first/fd" | wc -l)"
	for service in c node; do
		baton reload $service >"$work/reload" 2>&1 || fail "$service: handed over afterwards" "$(cat "$work/reload")"
	done
	equal "handed over afterwards" "1 1" "$(status '" ".join(str(v["handoffs"]["done"]) for v in s["services"])')"
	for mode in new keepalive slow; do
		load_end "c, $mode" 100
		load_end "node, $mode" 100
	done
	equal "left behind" "0 0" "$(status '" ".join(str(v["handoffs"]["left_behind"]) for v in s["services"])')"

	# an orphan of a process that was started by another version is reaped by this one
	nsenter -t "$first" -p -m -- sh -c 'sh -c "sleep 0.1 & :"' 2>/dev/null
	check "orphans are reaped" wait_until 3 sh -c "! ps -o stat= --ppid $first | grep -q Z"
	signal_baton TERM
	await_end
	equal "TERM ends it as ever" 0 "$ended"
	check "it leaves no control socket" test ! -e "$work/control.sock"
else
	fail "two services start" "$(tail -n 5 "$work/log")"
	stop_baton
fi

# --- in the middle of a handoff -----------------------------------------------------------------

# Slow to start: the upgrade comes while a client waits for the candidate, the probe and all.
port=$(free_port)
cat >"$work/slow" <<-SH
	#!/bin/sh
	sleep 1
	exec $build/workers/epoll --port $port
SH
chmod +x "$work/slow"
install_baton "$build/baton"
start_installed BATON_LISTEN="127.0.0.1:$port" BATON_ADOPT=inject BATON_DRAIN_TIMEOUT=5s -- "$work/slow"
if ready 20; then
	load_start handoff --mode new --rate 100 --connections 8 --duration 60 "http://127.0.0.1:$port/"
	baton reload >"$work/reload" 2>&1 &
	waiting=$!
	wait_until 5 grep -q "generation 2: starting" "$work/log"
	install_baton "$build/baton-next"
	check "upgraded in the middle of a handoff" baton upgrade
	equal "which is still under way" "handing over" "$(status 's["services"][0]["state"]')"
	check "who waits for the handoff is answered by the next version" wait "$waiting"
	check "and was told of it" grep -q "upgraded from" "$work/reload"
	equal "handed over" 2 "$(status 's["services"][0]["generation"]')"

	# a reload and an upgrade at the same instant, several times
	for ((i = 0; i < 4; i++)); do
		install_baton "${versions[(i + 1) % 2]}"
		baton reload --no-wait >/dev/null 2>&1
		baton upgrade >"$work/upgrade" 2>&1 || fail "upgrade $i at a reload" "$(cat "$work/upgrade")"
	done
	check "the last one serves" wait_until 10 sh -c \
		"'$bin/baton' status --json | grep -q '\"state\":\"serving\",\"tier'"
	load_end handoff 200
	equal "nobody was left behind" 0 "$(status 's["services"][0]["handoffs"]["left_behind"]')"
fi
stop_baton

# --- what would not come up ---------------------------------------------------------------------

port=$(free_port)
install_baton "$build/baton"
start_installed -- "$build/workers/epoll" --port "$port"
ready 20
before=$(everybody)
load_start refused --mode new --rate 100 --connections 8 --duration 60 "http://127.0.0.1:$port/"

refused() { # NAME BINARY SENTENCE: the old one goes on, says why in one sentence, and is unharmed
	local said status
	said=$(baton upgrade "$2" 2>&1)
	status=$?
	if [ $status = 0 ] || [[ $said != *"$3"* ]] || [ "$(wc -l <<<"$said")" != 1 ]; then
		fail "$1 is refused" "status $status: $said"
	elif [ "$(everybody)" != "$before" ]; then
		fail "$1 is refused" "somebody is another one: $(everybody), not $before"
	else
		ok "$1 is refused"
	fi
}
impostor() { cp "$build/workers/impostor" "$bin/$1"; refused "one that $1" "$bin/$1" "$2"; }
impostor crashes "its rehearsal was killed by signal"
impostor fails "its rehearsal ended with status 1 and did not say that it would come up"
impostor ends "its rehearsal ended with status 0 and did not say that it would come up"
impostor lies "its rehearsal ended with status 1"
impostor hangs "its rehearsal was not over within 10 s: killed"
check "no rehearsal is left" wait_until 3 sh -c "! pgrep -f '^$bin/hangs'"
refused "a state of another format" "$build/baton-later" "it reads state of format 2, and this is format 1 of "
echo "#!/bin/sh" >"$bin/script"
head -c 1000 /dev/zero >"$bin/zeros"
chmod 755 "$bin/script" "$bin/zeros"
refused "a script" "$bin/script" "is no baton for this machine"
refused "what is no ELF" "$bin/zeros" "is no baton for this machine"
refused "another program" /bin/true "is no baton for this machine"
refused "what is not there" "$bin/none" "cannot open $bin/none: No such file"
refused "a directory" "$bin" "is not an executable file"
if [ "$(id -u)" = 0 ]; then
	cp "$build/baton-next" "$bin/open"
	chmod 777 "$bin/open"
	refused "what others may write" "$bin/open" "others than its owner may write it (chmod go-w)"
	chmod 4755 "$bin/open"
	refused "what is set-user-id" "$bin/open" "it is set-user-id or set-group-id"
	chmod 755 "$bin/open"
	chown 12345 "$bin/open"
	refused "another user's" "$bin/open" "its owner is neither root nor the user that baton runs as"
fi
check "each was logged once" test "$(grep -c "^baton: not upgraded: " "$work/log")" = 6
check "one after another is fine" baton upgrade "$build/baton-next"

# Executed, and then it does not come up: the old one takes over again.
install_baton "$build/baton-next" # a client of the version that answers now
before=$(everybody)
impostor stumbles "it stumbled"
if command -v strace >/dev/null && strace -o "$work/strace" true 2>/dev/null; then
	strace -qq -e trace=signalfd4 -e inject=signalfd4:error=EMFILE:when=1 -o "$work/strace" \
		-p "$(init_pid)" 2>/dev/null &
	tracer=$!
	wait_until 5 sh -c "! grep -q 'TracerPid:.0' /proc/$(init_pid)/status"
	refused "one that fails when it is PID 1" "$build/baton" "cannot receive signals: Too many open files"
	kill "$tracer"
	wait "$tracer" 2>/dev/null
else
	skip "one that fails when it is PID 1" "no strace here"
fi
check "and then it can be upgraded as ever" baton upgrade "$build/baton-next"
baton reload >"$work/reload" 2>&1 || fail "and handed over" "$(cat "$work/reload")"
load_end refused 300
stop_baton

# What is read again at an upgrade may be wrong by now.
if [ "$(id -u)" = 0 ]; then
	install_baton "$build/baton"
	start_installed BATON_USER=games -- "$build/workers/epoll" --port "$port"
	ready 20
	before=$(everybody)
	grep -v '^games:' /etc/passwd >"$work/passwd"
	nsenter -t "$(init_pid)" -m mount --bind "$work/passwd" /etc/passwd
	refused "what finds its configuration wrong" "$build/baton-next" \
		"BATON_USER: 'games' is not in /etc/passwd"
	check "and the log has it as at a start" grep -q "^baton: BATON_USER: 'games'" "$work/log"
	stop_baton
fi

# --- in the middle of a build -------------------------------------------------------------------

port=$(free_port)
mkdir "$work/app"
(cd "$work/app" && mkdir src && echo one >src/index.html)
install_baton "$build/baton"
cd "$work/app" || exit 1
start_installed BATON_WATCH=src BATON_LIVE=dist BATON_SANDBOX=off BATON_RELEASES="$work/app/.baton/releases" \
	BATON_LISTEN="127.0.0.1:$port" BATON_BUILD='sleep 1; mkdir -p $BATON_OUT && cp src/index.html $BATON_OUT/' \
	-- python3 -m http.server --bind 127.0.0.1 --directory dist "$port"
cd "$root" || exit 1
if ready 20; then
	before=$(init_pid)
	baton build >"$work/build" 2>&1 &
	waiting=$!
	wait_until 5 sh -c \
		"'$bin/baton' status --json | grep -q running"
	echo two >"$work/app/src/index.html"
	install_baton "$build/baton-next"
	check "upgraded in the middle of a build" baton upgrade
	check "who waits for the build is answered by the next version" wait "$waiting"
	check "a file that was saved meanwhile is built" wait_until 10 sh -c \
		"curl -s http://127.0.0.1:$port/index.html | grep -q two"
	echo three >"$work/app/src/index.html"
	check "and one that is saved afterwards" wait_until 10 sh -c \
		"curl -s http://127.0.0.1:$port/index.html | grep -q three"
	check "and it goes back" baton rollback
	equal "it is the same one" "$before" "$(init_pid)"
fi
stop_baton

# --- a command that is no service ---------------------------------------------------------------

install_baton "$build/baton"
start_installed -- sh -c 'trap "echo caught; exit 7" USR1; while :; do sleep 0.1; done'
wait_until 5 baton live
before=$(everybody)
install_baton "$build/baton-next"
check "upgraded around a plain command" baton upgrade
install_baton "$build/baton"
signal_baton TERM & # while it becomes another one: a signal is not lost
baton upgrade >"$work/upgrade" 2>&1
await_end
equal "a signal that comes meanwhile is heard" 143 "$ended"
start_installed -- sh -c 'trap "echo caught; exit 7" USR1; while :; do sleep 0.1; done'
wait_until 5 baton live
baton upgrade >/dev/null
signal_baton USR1
await_end
equal "signals reach it, and its status is baton's" "caught 7" "$(cat "$work/out") $ended"
finish
