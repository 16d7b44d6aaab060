#!/usr/bin/env bash
# Goal: nothing that happens to the disk harms the service. Killed at any step, baton comes up again with a
# whole release; a disk that is full, read-only or over its quota fails the build with one sentence; any kept
# release can be gone back to, and none that runs is pruned; and a page of one release finds its styles in
# all others, also while two of them serve.
if [ -z "${STORE_MOUNTS:-}" ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	STORE_MOUNTS=yes exec unshare -m bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
port=$(free_port)
url=http://127.0.0.1:$port

# The page and one style, whose name has the page in it as a hash would have.
build_script() {
	cat <<'SH'
page=$(cat src/page)
mkdir -p "$BATON_OUT/a" && echo "$page style.${page}0a1B2c.css" >"$BATON_OUT/index.html" && echo "of $page" >"$BATON_OUT/a/style.${page}0a1B2c.css"
SH
}
export BATON_BUILD=". ./src/build.sh" BATON_LIVE=dist

# Everything as it is in an image, below DIRECTORY.
bake() {
	mkdir -p "$1/dist/a" "$1/src"
	echo "baked style.baked0a1B2c.css" >"$1/dist/index.html"
	echo "of baked" >"$1/dist/a/style.baked0a1B2c.css"
	echo baked >"$1/src/page"
	build_script >"$1/src/build.sh"
}
page() { curl -s --max-time 2 "$url/" | cut -d ' ' -f 1; }
shows() { [ "$(page)" = "$1" ]; }
make_page() { # NAME: build it and hand over; its output is in $work/made
	echo "$1" >src/page
	baton build >"$work/made" 2>&1
}
start() { # VARIABLE=VALUE...
	start_baton BATON_DRAIN_TIMEOUT=3s BATON_QUIET=50ms BATON_LISTEN="127.0.0.1:$port" "$@" -- "$build/workers/page" "$port" dist
	ready || { fail "starts" "$(tail -n 5 "$work/log")"; finish; }
}
failures_told() { grep -c 'baton: build [0-9]*: failed' "$work/log"; }

# 1. Killed at a sample of all steps; `make crash` takes each of them.
if [ "$(id -u)" != 0 ]; then
	skip "killed at every step" "a namespace is needed, and so root"
else
	BUILD=$build timeout 120 tests/crash/run --sample "${SAMPLE:-14}" </dev/null || failures=1
fi

# 2. Back to any release that is kept, forward again, under load; a generation that drains keeps its own.
bake "$work/app"
cd "$work/app" || exit 1
start BATON_RELEASES_KEEP=3 BATON_ASSETS=a BATON_DRAIN_TIMEOUT=20s BATON_QUIET=19s BATON_MAX_DRAINING=2
exec 9<>"/dev/tcp/127.0.0.1/$port"	# somebody who stays with release 1
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&9
read -r _ <&9
for name in two three four five; do make_page $name || fail "build $name" "$(tail -n 3 "$work/made")"; done
equal "the newest are kept, and the one that runs" "1 3 4 5" "$(cd .baton/releases && ls -d [0-9] | xargs)"
exec 9<&-
check "it goes when nobody runs it any more" wait_until 10 sh -c '[ ! -e .baton/releases/1 ]'
load_start "back and forth" --mode new --rate 200 --connections 8 --duration 30 "$url/"
for step in "3 three" "5 five" "4 four" "5 five"; do
	baton rollback "${step% *}" >"$work/made" 2>&1 || fail "rollback ${step% *}" "$(tail -n 3 "$work/made")"
	shows "${step#* }" || fail "rollback ${step% *}" "$(page) is served"
done
wait_until 2 false
load_end "back and forth" 100
equal "a pruned one is refused with those that there are" \
	"baton: cannot go back to release 2: it is not kept any more; there are 5 (live), 4 and 3 (BATON_RELEASES_KEEP)" \
	"$(baton rollback 2 2>&1)"
equal "so is one that never was" \
	"baton: cannot go back to release 9: there was none yet; there are 5 (live), 4 and 3 (BATON_RELEASES_KEEP)" \
	"$(baton rollback 9 2>&1)"

# 3. Somebody loads pages and then their styles, each over a connection of its own, while releases change.
cat >"$work/reader.py" <<'PY'
import http.client, sys, threading, time
port, counts, seen = int(sys.argv[1]), [0, 0], set()
def get(path):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    c.request("GET", path); r = c.getresponse(); return r.status, r.read().decode()
def read():
    while not stop.is_set():
        status, text = get("/")
        for pause in (0, 0.02, 0.3):
            time.sleep(pause)
            counts[0] += 1; counts[1] += get("/a/" + text.split()[1])[0] != 200
        seen.add(text)
stop = threading.Event()
print("begun", flush=True)
threads = [threading.Thread(target=read) for _ in range(6)]
for t in threads: t.start()
sys.stdin.readline(); stop.set()
for t in threads: t.join()
print(f"{counts[1]} of {'many' if counts[0] > 100 else counts[0]} from {'many' if len(seen) > 4 else seen}")
PY
coproc READER { python3 "$work/reader.py" "$port"; }
read -rt 10 -u "${READER[0]}" _
for name in six seven eight nine ten; do
	make_page $name || fail "build $name" "$(tail -n 3 "$work/made")"
	read -rt 0.5 <> <(:) || :	# longer than the reader's page lasts
done
baton rollback >/dev/null 2>&1
echo >&"${READER[1]}"
read -rt 10 -u "${READER[0]}" answer
equal "styles not found while releases change" "0 of many from many" "$answer"
equal "a style of a kept release" "of eight" "$(curl -s "$url/a/style.eight0a1B2c.css")"
equal "by a link" 3 "$(stat -c %h dist/a/style.eight0a1B2c.css)"
equal "one of a pruned release" 404 "$(curl -s -o /dev/null -w '%{http_code}' "$url/a/style.two0a1B2c.css")"
stop_baton

mount -t tmpfs none "$work/app" 2>/dev/null || { skip "full disks, other file systems" "nothing can be mounted"; finish; }

# 4. A volume without space, without inodes, read-only; built under load, and once more when it is over.
cd "$work" && bake "$work/app" && cd "$work/app" || exit 1
mkdir "$work/volume"
mount -t tmpfs -o size=512k,nr_inodes=200 none "$work/volume"
export BATON_RELEASES=$work/volume/releases
start BATON_RELEASES_KEEP=20
fails_once() { # WHAT SENTENCE
	local before
	before=$(failures_told)
	make_page "never-$1" && fail "$1 fails the build" "it did not"
	equal "$1: one sentence" $((before + 1)) "$(failures_told)"
	grep -q "^baton: build [0-9]*: failed after .*$2" "$work/log" || fail "$1: the sentence" "$(grep failed "$work/log" | tail -n 1)"
	equal "$1: other warnings" "" "$(grep "baton: cannot" "$work/log")"
}
works_again() {
	make_page "$1" || fail "$1: the next build" "$(tail -n 3 "$work/made")"
	check "$1: the next build is served" shows "$1"
	equal "$1: nothing is left over" "" "$(ls -A "$BATON_RELEASES" | grep '^\.')"
}
load_start "bad disks" --mode new --rate 200 --connections 8 --duration 60 "$url/"
dd if=/dev/zero of="$work/volume/fill" bs=4k 2>/dev/null
fails_once "no space" "No space left on device\|no space left in"
rm "$work/volume/fill"
works_again "space"
echo 'dd if=/dev/zero of="$BATON_OUT/big" bs=64k count=100 2>/dev/null' >>src/build.sh
fails_once "no space for the build" "\(exit status 1; no space left in\|the disk it writes to is nearly full\)"
build_script >src/build.sh
works_again "room"
i=0
while :>"$work/volume/fill.$((i++))"; do :; done 2>/dev/null
fails_once "no inodes" "No space left on device\|no inodes left in"
rm -f "$work/volume"/fill.*
works_again "inodes"
wait_until 5 mount -o remount,ro "$work/volume"
fails_once "read-only" "Read-only file system"
mount -o remount,rw "$work/volume"
works_again "writable"
wait_until 1 false
load_end "bad disks" 50
stop_baton

# The container made anew, its root read-only: the link cannot be moved, and what was served last is.
mount -o remount,ro "$work/app"
start
check "a read-only root goes on with the last release" shows writable
baton rollback 1 >"$work/made" 2>&1 || fail "read-only root: rollback" "$(tail -n 3 "$work/made")"
check "and can be handed over" shows baked
stop_baton
mount -o remount,ro "$work/volume"
start
check "nothing can be written at all" shows baked
stop_baton
mount -o remount,rw "$work/app"
rm -rf dist && bake . && mount -o remount,ro "$work/app"
BATON_RELEASES=$work/app/releases start
check "nor is there a release: what the image has is served" shows baked
check "and why is said" grep -q "cannot make $work/app/releases: Read-only file system; there are no releases" "$work/log"
stop_baton
cd "$work" && umount "$work/app" "$work/volume"
unset BATON_RELEASES

# 5. Over its quota, from the first moment on: what the image has is served as it is.
# start_without FACILITY VARIABLE=VALUE...
start_without() {
	local whole=$build facility=$1
	shift
	mkdir -p "$work/limited"
	printf '#!/bin/sh\nexec "%s/workers/without" %s "%s/baton" "$@"\n' "$build" "$facility" "$build" >"$work/limited/baton"
	chmod +x "$work/limited/baton"
	ln -sfn "$build/workers" "$work/limited/workers"
	build=$work/limited
	start "$@"
	build=$whole
}
bake "$work/quota" && cd "$work/quota" || exit 1
start_without quota
check "over quota: what the image has is served" shows baked
equal "over quota: one sentence" "baton: cannot copy dist into .baton/releases: Disk quota exceeded; it is served as it is" \
	"$(grep 'baton: cannot' "$work/log")"
load_start "over quota" --mode new --rate 100 --connections 4 --duration 60 "$url/"
make_page over && fail "over quota: fails the build" "it did not"
check "over quota: the build says so" grep -q 'baton: build [0-9]*: failed after .*: cannot publish it: Disk quota exceeded' "$work/log"
wait_until 1 false
load_end "over quota" 10
equal "over quota: nothing is left over" "" "$(ls -A .baton/releases | grep '^\.')"
stop_baton

# Nor are there hard links everywhere.
bake "$work/unlinked" && cd "$work/unlinked" || exit 1
start_without link BATON_ASSETS=a
make_page copied || fail "no hard links: build" "$(tail -n 3 "$work/made")"
equal "no hard links: a style is copied" "of baked 1" "$(curl -s "$url/a/style.baked0a1B2c.css") $(stat -c %h dist/a/style.baked0a1B2c.css)"
equal "and the other way round" "of copied" "$(cat .baton/releases/1/a/style.copied0a1B2c.css)"
equal "nothing is left of the copying" "" "$(find .baton/releases -name '.*asset*'; grep baton-asset .baton/releases/*.assets)"
stop_baton

# 6. Where dist lies: in the lower layer of an overlay, on a mount of its own; each lives through a restart.
lives() { # NAME DIST-AFTER
	start
	make_page "$1" || fail "$1: builds" "$(tail -n 3 "$work/made")"
	check "$1: serves what it built" shows "$1"
	stop_baton
	start
	check "$1: and goes on with it" shows "$1"
	equal "$1: dist" "$2" "$(readlink dist || echo "no link")"
	stop_baton
}
mkdir -p "$work/lower" "$work/overlay"
bake "$work/lower"
mount -t tmpfs none "$work/volume" && mkdir "$work/volume/upper" "$work/volume/work"
if mount -t overlay -o "redirect_dir=off,lowerdir=$work/lower,upperdir=$work/volume/upper,workdir=$work/volume/work" none "$work/overlay" 2>/dev/null; then
	cd "$work/overlay" && lives overlay .baton/releases/2
else
	skip overlay "none can be mounted"
fi
cd "$work" && bake "$work/bound" && bake "$work/elsewhere" && mount --bind "$work/elsewhere/dist" "$work/bound/dist"
cd "$work/bound" && lives bound "no link"
equal "bound: what is mounted there stays" baked "$(cut -d ' ' -f 1 "$work/elsewhere/dist/index.html")"
cd "$work" && bake "$work/apart" && cd "$work/apart" && export BATON_RELEASES=$work/volume/releases
lives apart "../volume/releases/2"
cd / && umount "$work/overlay" "$work/bound/dist" "$work/volume" 2>/dev/null
finish
