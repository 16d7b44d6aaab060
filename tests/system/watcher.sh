#!/usr/bin/env bash
# Goal: each saved file is built once, whatever happens to the tree and whenever it happens, and
# nothing is built that did not change.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip watcher "python3 is not installed"; finish; }
port=$(free_port)
mkdir -p "$work/app"
cd "$work/app" || exit 1
fresh() { # a tree as it is when baton starts
	rm -rf ./* .baton
	mkdir -p src dist
	echo live >dist/index.html
	echo one >src/page.md
}
# The build notes its begin and its end in src/../notes, which is written to, but not watched.
build_command='echo "begin $(cat src/page.md)" >>notes; sleep ${SLOW:-0}; cat src/page.md >"$BATON_OUT/index.html"; echo end >>notes'
start() {
	: >notes
	start_baton BATON_WATCH="${ROOTS:-src}" BATON_LIVE=dist BATON_WATCH_DELAY=100ms BATON_DRAIN_TIMEOUT=1s \
		BATON_BUILD="$build_command" "$@" -- python3 -m http.server --bind 127.0.0.1 -d dist "$port"
	wait_until 10 grep -q 'watching' "$work/log"
}
builds() { grep -c '^begin' notes; }
ended() { [ "$(grep -c "build [0-9]*: \(done\|failed\)" "$work/log")" -ge "$1" ]; }
# Nothing more is coming: three delays without a new build.
settled() {
	local before after
	for _ in 1 2 3 4 5 6 7 8; do
		before=$(builds)
		read -rt 0.4 <> <(:) || :
		after=$(builds)
		[ "$before" = "$after" ] && return 0
	done
	return 1
}

fresh
start
settled
equal "with something live nothing is built at the start" 0 "$(builds)"
for i in 1 2 3 4 5 6 7 8 9; do echo "$i" >src/page.md; done
wait_until 10 ended 1
settled
equal "nine saves at once are one build" 1 "$(builds)"
baton build >/dev/null 2>&1
settled
equal "one by hand is one more" 2 "$(builds)"
mkdir -p src/a/b/c && echo x >src/a/b/c/new.md
wait_until 10 ended 3
check "a file in new directories is seen" grep -q 'build 4: done' "$work/log"
rm -rf src
mkdir src
echo again >src/page.md
wait_until 10 grep -q 'begin again' notes
check "a root that is made again is seen" grep -q 'begin again' notes
stop_baton

fresh
ROOTS=. start
settled
equal "that live became a link is no change" 0 "$(builds)"
stop_baton

fresh
build_command='sleep 1; '$build_command
start
echo first >src/page.md
wait_until 10 grep -q 'started' "$work/log"
for i in 1 2 3 4 5; do echo "during $i" >src/page.md; read -rt 0.1 <> <(:) || :; done
wait_until 15 ended 2
settled
equal "changes during a build start exactly one more" 2 "$(builds)"
check "and it has the last of them" grep -q 'begin during 5' notes
stop_baton

fresh
start BATON_BUILD_BUSY=restart
echo first >src/page.md
wait_until 10 grep -q 'build 2: started' "$work/log"
echo second >src/page.md
wait_until 10 ended 2
equal "with restart the first is ended" "begin second" "$(grep begin notes | xargs)"
stop_baton

fresh
build_command='echo generated >src/generated.ts; cat src/page.md >"$BATON_OUT/index.html"; echo begin >>notes'
start
echo first >src/page.md
wait_until 10 ended 1
settled
check "a build that writes the same into its sources ends its row" test "$(builds)" -le 2
stop_baton

fresh
build_command='date +%N >src/generated.ts; cat src/page.md >"$BATON_OUT/index.html"; echo begin >>notes'
start
echo first >src/page.md
wait_until 20 grep -q 'each build changes what is watched' "$work/log"
check "one that never does is told as a loop" grep -q 'each build changes' "$work/log"
stop_baton

fresh
build_command="(setsid sleep 30$$ &); sleep 30$$"
start
echo first >src/page.md
wait_until 10 pgrep -f "sleep 30$$"
stop_baton
equal "a build ends with baton, and all that it started" "" "$(pgrep -f "sleep 30$$")"
grep -q 'cannot\|ERROR' "$work/log" && fail "in good order" "$(grep 'cannot\|ERROR' "$work/log")"

fresh
rm -rf dist
build_command='echo reload >>notes'
start_baton BATON_WATCH=src BATON_WATCH_DELAY=100ms BATON_DRAIN_TIMEOUT=1s -- python3 -m http.server --bind 127.0.0.1 "$port"
ready 10
echo changed >src/page.md
wait_until 15 grep -q 'generation 2: serving' "$work/log"
check "without a build a change is a reload" grep -q 'generation 2: serving' "$work/log"
stop_baton
finish
