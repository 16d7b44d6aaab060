#!/usr/bin/env bash
# Goal: workers find what they would find without baton - a terminal, clean descriptors, their slot
# however many bind it at once, sd_notify from whatever process - and come back when there was no room.
. "$(dirname "$0")/lib.sh"

# --- many workers that bind one unknown address in one instant
port=$(free_port)
start_baton BATON_WORKERS=40 -- "$build/workers/epoll" --port "$port"
check "40 workers learn one address" ready
equal "in the first generation" 1 "$(status 's["services"][0]["generation"]')"
equal "all by injection" 40 "$(status 'sum(w["adoption"] == "inject" for g in s["services"][0]["generations"] for w in g["workers"])')"
stop_baton

# --- descriptors: those of LISTEN_FDS, and nothing that whoever started baton left open
cat >"$work/descriptors.sh" <<'SH'
# those of this shell, without what the shell that lists them has open
(cd /proc/self/fd && echo [0-9]*) | tr ' ' '\n' | while read -r fd; do
	[ -e "/proc/$$/fd/$fd" ] && echo -n "$fd "
done >"$1"
exec "${@:2}"
SH
exec 7</dev/null 99</dev/null
start_baton BATON_LISTEN="127.0.0.1:$port" -- bash "$work/descriptors.sh" "$work/descriptors" "$build/workers/epoll" --port "$port"
exec 7<&- 99<&-
check "a worker below a shell" ready
equal "its descriptors" "0 1 2 3 " "$(cat "$work/descriptors")"
stop_baton

# --- READY=1 from a process that has lost its parent
if command -v python3 >/dev/null; then
	cat >"$work/orphan.py" <<-'PY'
		import os, socket, time
		if os.fork() == 0:
		    parent = os.getpid()
		    if os.fork() == 0:
		        while os.getppid() == parent:
		            time.sleep(0.01)
		        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		        s.connect("\0" + os.environ["NOTIFY_SOCKET"][1:])
		        s.send(b"READY=1")
		    os._exit(0)
		os.wait()
		time.sleep(60)
	PY
	start_baton BATON_READY=notify BATON_READY_TIMEOUT=8s BATON_LISTEN="127.0.0.1:$port" -- python3 "$work/orphan.py"
	check "READY=1 of an orphan counts" wait_until 6 baton ready
	stop_baton
else
	skip "READY=1 of an orphan counts" "python3 is not installed"
fi

# --- no process to be had for a while
if [ "$(id -u)" = 0 ] && command -v setpriv prlimit >/dev/null; then
	user=(setpriv --reuid 54321 --regid 54321 --clear-groups)
	mkdir "$work/control" && chown 54321 "$work/control"
	env BATON_CONTROL="$work/control/sock" BATON_LISTEN="127.0.0.1:$port" "${user[@]}" \
		"$build/baton" -- "$build/workers/epoll" --port "$port" >"$work/out" 2>"$work/log" &
	plain=$!
	export BATON_CONTROL=$work/control/sock
	check "baton serves as another user" ready
	keeper=$(pgrep -P "$plain" -f "baton keeper")
	most=$("${user[@]}" prlimit --pid "$keeper" --nproc --output HARD --noheadings --raw)
	"${user[@]}" prlimit --pid "$keeper" --nproc=1:"$most"
	pkill -9 -P "$keeper" -f workers/epoll
	check "no process to be had is said" wait_until 5 grep -q "cannot be started" "$work/log"
	"${user[@]}" prlimit --pid "$keeper" --nproc="$most:$most"
	check "the worker is back when there is one" wait_until 5 pgrep -P "$keeper" -f workers/epoll
	equal "in the same generation" 1 "$(status 's["services"][0]["generation"]')"
	kill "$plain"
	wait "$plain"
else
	skip "no process to be had for a while" "needs root, setpriv and prlimit"
fi

# --- a terminal: a shell has job control, ^C ends a service and not its worker
if command -v python3 >/dev/null; then
	cat >"$work/terminal.py" <<-'PY'
		import os, pty, select, signal, sys, time
		seen, wait_for, keys = b"", sys.argv[1].encode(), sys.argv[2].encode().decode("unicode_escape").encode()
		pid, terminal = pty.fork()
		if pid == 0:
		    signal.signal(signal.SIGINT, signal.SIG_DFL)	# in the background it is ignored
		    os.execv(sys.argv[3], sys.argv[3:])
		sent, until = False, time.time() + 15
		while time.time() < until:
		    if not select.select([terminal], [], [], 0.1)[0]:
		        continue
		    try:
		        got = os.read(terminal, 4096)
		    except OSError:
		        break
		    seen += got
		    if not sent and wait_for in seen:
		        os.write(terminal, keys)
		        sent = True
		else:
		    os.kill(pid, 9)
		print(seen.decode(errors="replace"))
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	PY
	export BATON_CONTROL=$work/control.sock
	python3 "$work/terminal.py" 'yes$ ' 'echo a$((1+1))b; exit 5\n' "$build/baton" -- \
		env 'PS1=yes$ ' bash --norc -i >"$work/shell" 2>&1
	equal "a shell on a terminal ends as it says" 5 $?
	check "and runs commands" grep -q a2b "$work/shell"
	python3 "$work/terminal.py" "serving" '\x03' "$build/baton" -- "$build/workers/epoll" --port "$port" >"$work/shell" 2>&1
	equal "^C ends a service well" 0 $?
	python3 "$work/terminal.py" "begun" '\x03' "$build/baton" -- sh -c 'echo begun; exec sleep 60' >"$work/shell" 2>&1
	equal "^C ends a plain command" 130 $?
else
	skip "a terminal" "python3 is not installed"
fi
finish
