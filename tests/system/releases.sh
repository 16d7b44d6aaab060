#!/usr/bin/env bash
# Goal: from a saved file to a served release, under load, with nothing lost; a failed build, a full
# disk and a container made anew change nothing for the users.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip releases "python3 is not installed"; finish; }
port=$(free_port)
url=http://127.0.0.1:$port/index.html
app=$work/app
mkdir -p "$app/src" "$app/dist"
echo "baked in" >"$app/dist/index.html"
echo one >"$app/src/page.md"
cd "$app" || exit 1

page() { curl -s --max-time 2 "$url"; }
shows() { [ "$(page)" = "$1" ]; }
start() {
	start_baton BATON_WATCH=src BATON_LIVE=dist BATON_WATCH_DELAY=100ms BATON_DRAIN_TIMEOUT=3s BATON_RELEASES_KEEP=3 \
		BATON_BUILD="${BUILD_COMMAND:-cat src/page.md >\"\$BATON_OUT/index.html\"}" "$@" \
		-- python3 -m http.server --bind 127.0.0.1 -d dist "$port"
	ready 20 || fail "starts" "$(tail -n 5 "$work/log")"
}

start
equal "a directory of the image is release 1" .baton/releases/1 "$(readlink dist)"
check "and is served" shows "baked in"
load_start "saving files" --mode new --rate 100 --connections 8 --duration 60 "$url"
for text in two three four; do
	echo "$text" >src/page.md
	wait_until 20 shows "$text" || fail "a saved file is served" "$text: $(page); $(tail -n 3 "$work/log")"
done
equal "live is the last one" .baton/releases/4 "$(readlink dist)"

echo unused >src/other.md
wait_until 10 grep -q 'equals release 4' "$work/log"
check "an unchanged result is no handoff" grep -q 'equals release 4' "$work/log"
equal "its directory is gone" "" "$(ls -d .baton/releases/5 .baton/releases/.5 2>/dev/null)"

echo five >src/page.md
wait_until 20 shows five || fail "a build after an unchanged one" "$(tail -n 3 "$work/log")"
check "the newest three stay" wait_until 10 sh -c 'cd .baton/releases && [ "$(ls -d [0-9] | xargs)" = "3 4 6" ]'
load_end "saving files" 30
check "the list of releases" sh -c "'$build/baton' releases --json | grep -q imported"
stop_baton

# the container is made anew from the same image, the releases are on a volume
rm dist
mkdir dist
echo "baked in" >dist/index.html
start
check "the same image again goes on with the last release" shows five
check "and says nothing of an import" sh -c "! grep -q 'became release' '$work/log'"
stop_baton

BUILD_COMMAND='echo half >"$BATON_OUT/index.html"; echo "no such module" >&2; exit 3' start
echo six >src/page.md
wait_until 20 grep -q 'exit status 3' "$work/log"
check "a failed build is told" grep -q 'build 7: failed after .*: exit status 3' "$work/log"
check "and changes nothing" shows five
check "its output is kept" grep -q 'no such module' .baton/releases/7.log
equal "what it made is not" "" "$(ls -d .baton/releases/7 .baton/releases/.7 2>/dev/null)"
stop_baton

BUILD_COMMAND='ln -s /etc/passwd "$BATON_OUT/index.html"' start
echo seven >src/page.md
wait_until 20 grep -q 'leads out of it' "$work/log"
check "a release that points out of itself is refused" shows five
stop_baton

if [ "$(id -u)" = 0 ] && mkdir -p "$work/small" &&
	unshare -m sh -c "mount -t tmpfs -o size=1m none '$work/small'" 2>/dev/null; then
	# the mount is in a namespace of its own, and baton in it
	build_real=$build
	cat >"$work/in_small" <<-SH
		#!/bin/sh
		mount -t tmpfs -o size=1m none "$work/small" && exec "$build_real/baton" "\$@"
	SH
	chmod +x "$work/in_small"
	mkdir -p "$work/wrapped"
	cat >"$work/wrapped/baton" <<-SH
		#!/bin/sh
		exec unshare -m "$work/in_small" "\$@"
	SH
	chmod +x "$work/wrapped/baton"
	build=$work/wrapped
	BUILD_COMMAND='head -c 4000000 /dev/zero >"$BATON_OUT/index.html"' start BATON_RELEASES="$work/small/releases"
	build=$build_real
	echo eight >src/page.md
	wait_until 20 grep -q 'No space left\|exit status' "$work/log"
	check "a full disk fails the build" grep -q 'failed after' "$work/log"
	check "and not the service" shows five
	stop_baton
else
	skip "full disk" "no tmpfs can be mounted"
fi
finish
