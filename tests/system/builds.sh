#!/usr/bin/env bash
# Goal: builds run one at a time and end in time, their output can be read by who asks, what equals
# the live release is no handoff, what needs no build is reloaded, and the newest state is what is
# served at the end, also when the watcher died or a change was taken back meanwhile.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip builds "python3 is not installed"; finish; }
port=$(free_port)
url=http://127.0.0.1:$port/
cat >"$work/server.py" <<'PY'
# Serves "TEMPLATE PAGE": both are read once, at its start. It takes $SLOW seconds to come up.
import http.server, os, sys, time
time.sleep(float(open("slow").read() or 0))
body = (open("src/site.tpl").read().strip() + " " + open(sys.argv[1]).read().strip()).encode()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer.request_queue_size = 128
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
PY
mkdir -p "$work/app/src"
cd "$work/app" || exit 1
echo one >src/page.md
echo T1 >src/site.tpl
echo 0 >slow
: >notes
: >command
# what a build does besides is in the file `command`
build_command='echo "$BATON_TRIGGER: $(sort "$BATON_CHANGED" | xargs)" >>notes; . ./command; cat src/page.md >"$BATON_OUT/index.html"'
start() {
	start_baton BATON_WATCH=src BATON_LIVE=dist BATON_WATCH_DELAY=100ms BATON_DRAIN_TIMEOUT=2s \
		BATON_BUILD="$build_command" BATON_RELOAD_ONLY='*.tpl' BATON_BUILD_TIMEOUT=1500ms "$@" \
		-- python3 "$work/server.py" dist/index.html "$port"
	ready 20 || fail "starts" "$(tail -n 5 "$work/log")"
}
page() { curl -s --max-time 2 "$url"; }
shows() { [ "$(page)" = "$1" ]; }
logged() { grep -q "$1" "$work/log"; }
generations() { grep -c 'generation [0-9]*: starting' "$work/log"; }
watcher() { pgrep -P "$(init_pid)" -f 'baton watch' | head -n 1; }

start
check "with nothing live the first build is at the start" shows "T1 one"
equal "its trigger" start "$(sed -n "1s/:.*//p" notes)"
load_start "builds" --mode new --rate 100 --connections 8 --duration 100 "$url"

echo two >src/page.md
echo new >src/other.md
wait_until 20 shows "T1 two" || fail "a change is built" "$(page)"
equal "the build knows what changed" "change: src/other.md src/page.md" "$(tail -n 1 notes)"
before=$(generations)
touch src/page.md
echo x >>src/other.md
wait_until 10 logged 'equals release 2'
equal "what equals the live release is no handoff" "$before" "$(generations)"

# --- what needs no build
builds=$(grep -c . notes)
echo T2 >src/site.tpl
check "a template is reloaded" wait_until 20 shows "T2 two"
equal "and not built" "$builds" "$(grep -c . notes)"
echo T3 >src/site.tpl
echo y >>src/other.md
check "one that changes with others is built, and reloaded even if that is the same" wait_until 20 shows "T3 two"
equal "by one build" $((builds + 1)) "$(grep -c . notes)"

# --- time, failures, output
echo 'echo begun; sleep 100' >command
echo three >src/page.md
check "a build that takes too long is ended" wait_until 20 logged 'failed after .*longer'
check "and changes nothing" shows "T3 two"
printf '%s\n' 'for i in 1 2 3; do echo line $i; sleep 0.2; done; printf "\033]0;x\007\n"; exit 3' >command
timeout 20 "$build/baton" build >"$work/said" 2>"$work/said.err" </dev/null
equal "a failed build by hand" 1 $?
equal "its lines come as they are written" "line 1 line 2 line 3" "$(grep -x 'line .' "$work/said" | xargs)"
equal "the newest build's log" "line 1 line 2 line 3" "$(baton logs build | grep -x 'line .' | xargs)"
check "control bytes are escaped" sh -c "'$build/baton' logs build | grep -q '^.x1b\]0;x.x07'"
number=$(sed -n 's/.*build \([0-9]*\): failed after.*/\1/p' "$work/log" | tail -n 1)
equal "the one before" begun "$(baton logs build $((number - 1)) | head -n 1)"
timeout 10 "$build/baton" logs build 999 >"$work/said" 2>&1
equal "one that never was" 1 $?
check "is told" grep -q 'no log of build 999' "$work/said"
if [ "$(id -u)" = 0 ]; then
	chmod 700 .baton/releases
	equal "the log comes through the control socket" "line 1" \
		"$(cd / && BATON_RELEASES=nowhere "$build/baton" logs build 2>&1 | head -n 1)"
	chmod 755 .baton/releases
fi
echo 'for i in 1 2 3 4; do echo step $i; sleep 0.2; done' >command
timeout 20 "$build/baton" build >/dev/null 2>&1 &
asked=$!
wait_until 10 sh -c "tail -n 3 '$work/log' | grep -q 'step 1'"
timeout 20 "$build/baton" logs build --follow >"$work/said" 2>&1
equal "a log is followed to the end of its build" 0 $?
equal "with all of it" "step 1 step 2 step 3 step 4" "$(grep -x 'step .' "$work/said" | xargs)"
wait $asked
equal "a build by hand that is served" 0 $?
check "the newest is served" shows "T3 three"
check "the list has trigger, length and result" sh -c "export BATON_LIVE=dist
	'$build/baton' releases | grep -q 'built, live .*asked by hand' &&
	'$build/baton' releases | grep -q 'failed .*exit status 3' &&
	'$build/baton' releases --json | grep -q '\"trigger\":\"change\"'"
python3 - "$build/baton" >"$work/said" 2>&1 <<'PY'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "build"])
said = b""
try:
    while True:
        piece = os.read(fd, 4096)
        if not piece:
            break
        said += piece
except OSError:
    pass
print(said.decode(errors="replace"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
equal "on a terminal as well" 0 $?
check "there the time and the last line move" grep -q 'build [0-9.]* s  step [1-4]' "$work/said"

# --- the newest state, whatever happens
: >command
echo 1.5 >slow
echo four >src/page.md
wait_until 10 logged 'starting release [0-9]*$' && wait_until 10 logged 'build [0-9]*: done in .*bytes'
wait_until 10 sh -c "tail -n 2 '$work/log' | grep -q 'starting release'"
echo three >src/page.md
wait_until 10 sh -c "tail -n 3 '$work/log' | grep -q 'equals release'"
echo 0 >slow
wait_until 20 sh -c "'$build/baton' status --json | grep -q '\"state\":\"serving\"'"
read -rt 3 <> <(:) || :
check "a change that is taken back while its release starts is not served" shows "T3 three"

kill -STOP "$(watcher)"
echo five >src/page.md
kill -9 "$(watcher)"
check "what a watcher that died had not built is built" wait_until 20 shows "T3 five"
kill -STOP "$(watcher)"
echo T4 >src/site.tpl
kill -9 "$(watcher)"
check "and what needs only a reload is reloaded" wait_until 20 shows "T4 five"
baton rollback >/dev/null 2>&1
check "back" shows "T4 three"
kill -9 "$(watcher)"
wait_until 20 sh -c "tail -n 4 '$work/log' | grep -q 'equals release'"
check "a watcher that died takes no rollback back" shows "T4 three"
load_end "builds" 300
stop_baton

start BATON_BUILD_ON_START=on
wait_until 10 logged 'build [0-9]*: done'
check "BATON_BUILD_ON_START=on builds at each start" grep -q '^start:' <(tail -n 1 notes)
stop_baton
start BATON_BUILD_ON_START=off BATON_RELOAD_ONLY=on
echo T5 >src/site.tpl
check "BATON_RELOAD_ONLY=on: a change is a reload" wait_until 20 sh -c "curl -s '$url' | grep -q T5"
stop_baton
finish
