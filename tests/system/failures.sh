#!/usr/bin/env bash
# Goal: whatever a release does wrong (its build fails or hangs, it crashes, exits, never listens,
# answers 500), nobody notices: 0 failures under load, the old release serves on, BATON_LIVE still
# names it, and `baton build` and the status say what happened.
. "$(dirname "$0")/lib.sh"
port=$(free_port)
site=$work/site
mkdir -p "$site/src"
cd "$site" || exit 1

# A release is a script that becomes the server; the build copies it, or fails as it is told to.
release() { printf '#!/bin/sh\n# %s %s\n%s\n' "$1" "$RANDOM" "$2" >src/run.sh; }
good() { release good "exec $build/workers/epoll --port $port"; }
cat >src/build.sh <<'SH'
case $(cat src/how 2>/dev/null) in
fail) echo "syntax error in line 7" >&2; exit 3 ;;
hang) sleep 1000 & sleep 1000 ;;
esac
cp src/run.sh "$BATON_OUT/run.sh"
SH
good
start_baton BATON_WORKERS=2 BATON_BUILD='sh src/build.sh' BATON_BUILD_TIMEOUT=2s BATON_LIVE=dist \
	BATON_LISTEN="127.0.0.1:$port" BATON_READY=http:/health BATON_READY_TIMEOUT=2s \
	BATON_STOP_TIMEOUT=2s BATON_DRAIN_TIMEOUT=3s -- sh dist/run.sh
check "the first release is built and serves" ready
first=$(readlink dist)
load_start new --mode new --rate 200 --connections 16 --duration 120 --generation generation= "http://127.0.0.1:$port/"
load_start keepalive --mode keepalive --connections 8 --think 160 --duration 120 --generation generation= "http://127.0.0.1:$port/"

# broken NAME WORDS: a build that must not come to serve; its output holds the words.
broken() {
	local name=$1 words=$2 status
	timeout 30 "$build/baton" build >"$work/said" 2>&1
	status=$?
	equal "$name: baton build fails" 1 "$status"
	if grep -q -- "$words" "$work/said"; then ok "$name: it says why"
	else fail "$name: it says why" "$(cat "$work/said")"; fi
	equal "$name: dist names the old release" "$first" "$(readlink dist)"
	equal "$name: generation 1 serves" 1 "$(status 's["services"][0]["generation"]')"
}

echo fail >src/how
broken "a build that fails" "syntax error in line 7"
equal "a build that fails: in the status" failed "$(status 's["services"][0]["build"]["last_result"]')"
echo hang >src/how
broken "a build that hangs" "2s"
wait_until 2 sh -c '! pgrep -f "^sleep 1000"'
check "a build that hangs leaves nothing behind" sh -c '! pgrep -f "^sleep 1000"'
rm src/how
release throws 'echo "TypeError: nothing is a function" >&2; exit 1'
broken "a release that throws" "TypeError: nothing is a function"
release exits 'exit 0'
broken "a release that exits 0" "exit code 0"
release silent 'exec sleep 1000'
broken "a release that never listens" "not ready within 2s"
release ill "exec $build/workers/epoll --port $port --health 500"
broken "a release that answers 500" "answers 500"
release missing 'exec /usr/bin/no-such-program'
broken "a release whose program is missing" "no-such-program"

good
check "a good build serves" "$build/baton" build
equal "dist names the new release" 1 "$([ "$(readlink dist)" != "$first" ] && echo 1)"
check "rollback" "$build/baton" rollback
wait_until 5 test "$(readlink dist)" = "$first"
equal "dist names the first release again" "$first" "$(readlink dist)"
load_end new 500
load_end keepalive 100
stop_baton
finish
