#!/usr/bin/env bash
# Goal: whatever editors, git, Kubernetes, mounts and limits do to watched files is seen, as one build,
# and what leaves contents as they were starts none.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip watching "python3 is not installed"; finish; }
mkdir -p "$work/app"
cd "$work/app" || exit 1
# A build notes which paths changed, and fails: nothing need be handed over.
build_command='cat "$BATON_CHANGED" >>changed; echo "built $(cat src/page.md 2>/dev/null)" >>notes; exit 1'
fresh() {
	rm -rf ./* .baton "$work/outside"
	mkdir -p src "$work/outside"
	echo one >src/page.md
	: >changed
	: >notes
}
start() { # [VARIABLE=VALUE...] [-- WRAPPER...]
	local -a settings=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do settings+=("$1"); shift; done
	start_baton BATON_WATCH="${ROOTS:-src}" BATON_LIVE=dist BATON_WATCH_DELAY=150ms BATON_BUILD_ON_START=off \
		BATON_BUILD="$build_command" "${settings[@]}" -- sleep 1000
	wait_until 10 grep -q ': watching' "$work/log" || { fail watching "baton does not watch"; finish; }
}
builds() { grep -c '^built' notes; }
idle() { [ "$(grep -c 'build [0-9]*: started' "$work/log")" = "$(grep -c 'build [0-9]*: \(done\|failed\)' "$work/log")" ]; }
settled() { # two delays without a new build, and none that runs
	local before
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		before=$(builds)
		read -rt "$pause" <> <(:) || :
		[ "$before" = "$(builds)" ] && idle && return 0
	done
	return 1
}
became() { [ "$(builds)" -ge "$1" ]; }
# once NAME: exactly one build since the last time, and it has what was done.
seen=0 pause=0.2
once() {
	wait_until 8 became $((seen + 1))
	settled
	equal "$1" 1 "$(($(builds) - seen))"
	seen=$(builds)
}
none() { # NAME
	settled
	equal "$1" 0 "$(($(builds) - seen))"
	seen=$(builds)
}
begin() { fresh; seen=0; }

begin
echo untouched >src/other.md
start
began=$SECONDS
echo two >src/page.md
once "saved in place, as VS Code does"
touch src/page.md
chmod 600 src/page.md
chmod 644 src/page.md
none "a touch and other modes are no change"
cat src/page.md >again && cat again >src/page.md
none "nor the same saved again"
echo swap >src/.page.md.swp
none "what vim keeps beside an open file is no change"
echo three >src/page.tmp && mv src/page.md src/page.md~ && mv src/page.tmp src/page.md && rm src/page.md~
once "saved as vim does, with a backup"
check "of what came and went nothing is told" grep -qvF 'page.md~' changed
: >src/4913 && rm src/4913
none "a file that comes and goes is no change"
echo four >src/page.md___jb_tmp___ && mv src/page.md src/page.md___jb_old___ && mv src/page.md___jb_tmp___ src/page.md && rm src/page.md___jb_old___
once "saved as JetBrains does"
check "with what was saved" grep -q 'built four' notes
python3 - <<'END'
import os
for i in range(200):
    os.makedirs(f"src/n{i}/a/b/c")
    open(f"src/n{i}/a/b/c/page.md", "w").close()
END
wait_until 8 became $((seen + 1))
settled
equal "none of 200 nested files is missed" 200 "$(sort -u changed | grep -c '^src/n[0-9]*/a/b/c/page.md$')"
seen=$(builds)
: >changed
python3 - <<'END'
for name in (b"line\nend", b"\xff\xfe", b"tab\t", b"quote'\"", b"back\\slash", b" "):
    open(b"src/" + name, "w").close()
END
once "names of any byte"
equal "each on one line" 6 "$(wc -l <changed)"
stop_watcher() { watcher=$(pgrep -P "$(init_pid)" -f 'baton watch'); kill -STOP "$watcher"; }
stop_watcher
python3 - <<'END'
import os
most = int(open("/proc/sys/fs/inotify/max_queued_events").read())
for i in range(min(most, 100000) + 1000):
    os.utime(f"src/n{i % 2}/a/b/c/page.md")
open("src/n7/a/b/c/page.md", "w").write("after the overflow")
os.makedirs("src/late/er")
open("src/late/er/page.md", "w").write("after the overflow")
END
: >changed
kill -CONT "$watcher"
once "a queue that overflowed"
check "tells what changed" grep -q '^src/n7/a/b/c/page.md$' changed
check "and what is new" grep -q '^src/late/er/page.md$' changed
echo more >>src/late/er/page.md
once "and new directories are watched"
while [ $((SECONDS - began)) -lt 7 ]; do read -rt 0.2 <> <(:) || :; done
touch src/other.md
none "a touch of what never changed before"
rm -rf src
wait_until 8 became $((seen + 1))
settled
seen=$(builds)
mkdir src && echo again >src/page.md
once "a root that was deleted and made again"
echo more >src/page.md
once "and is watched as before"
equal "no reason to poll" "" "$(grep 'looked through\|cannot' "$work/log")"
stop_baton

begin
mkdir -p config/..1 config/..2 sync/rev1 sync/rev2 "$work/outside/v1" "$work/outside/v2"
echo 1 >config/..1/key; echo 2 >config/..2/key
ln -s ..1 config/..data && ln -s ..data/key config/key
echo 1 >sync/rev1/page; echo 2 >sync/rev2/page
ln -s rev1 sync/now
echo 1 >"$work/outside/v1/x"; echo 2 >"$work/outside/v2/x"
ln -s v1 "$work/outside/now"
ln -s "$work/outside/now" src/away
ln -s .. src/up
echo 1 >src/hard && ln src/hard "$work/outside/hard"
echo '{}' >package.json
ROOTS=src:config:sync/now:package.json:not/yet start BATON_SANDBOX_READ="$work/outside"
python3 -c 'import os; os.symlink("..2", "config/..tmp"); os.rename("config/..tmp", "config/..data")'
once "a ConfigMap's swap"
ln -s rev2 sync/next && mv -T sync/next sync/now
once "git-sync's swap"
echo more >sync/rev2/page
once "and what it points at now"
ln -s v2 "$work/outside/next" && mv -T "$work/outside/next" "$work/outside/now"
once "a link that leads out is swapped"
echo more >"$work/outside/v2/x"
once "and followed"
echo more >>"$work/outside/hard"
once "a hard link's other name"
echo '{"a":1}' >package.json
once "a single file"
echo '{"a":2}' >package.new && mv package.new package.json
once "renamed over"
mkdir -p not/yet && echo here >not/yet/a
once "a root that was not there yet"
if [ "$(id -u)" = 0 ] && mkdir -p src/mounted "$work/outside/bound" && echo 1 >"$work/outside/bound/a" && nsenter -t "$(init_pid)" -m mount --bind "$work/outside/bound" "$PWD/src/mounted"; then
	once "a directory that was mounted"
	echo new >"$work/outside/bound/b"
	once "what is written to a mounted directory from outside"
	echo more >>"$work/outside/bound/b"
	once "and what is written to it from outside"
else
	skip "a directory that is mounted" "not allowed here"
fi
stop_baton

if command -v git >/dev/null; then
	begin
	git_() { git -c user.name=t -c user.email=t@example.org -c init.defaultBranch=main -c advice.detachedHead=false -c gc.auto=0 -c core.fsync=none "$@" >>"$work/git" 2>&1; }
	git_ init .
	python3 -c 'for i in range(300): open(f"src/f{i}", "w").write(f"{i}\n")'
	git_ add src && git_ commit -m one
	git_ checkout -b topic
	for i in 1 2 3 4; do echo "$i" >"src/t$i"; git_ add src; git_ commit -m "topic $i"; done
	git_ checkout main
	python3 -c 'for i in range(300): open(f"src/f{i}", "w").write(f"{i} again\n")'
	git_ commit -am two
	git_ checkout main~1
	start BATON_WATCH_DELAY=300ms
	pause=0.4
	git_ checkout main
	once "a checkout of 300 files"
	equal "tells them all" 300 "$(grep -c '^src/f' changed)"
	git_ checkout topic
	once "and back"
	git_ rebase main
	once "a rebase of four commits"
	git_ checkout main
	git_ checkout topic
	none "there and back again"
	touch .git/index.lock
	echo held >src/page.md
	none "while git has its lock"
	rm .git/index.lock
	once "it is built when git is through"
	stop_baton
else
	skip "git" "it is not installed"
fi

pause=0.2
# limited FILE NUMBER: a user namespace with this limit around the next baton.
limited() {
	cat >"$work/limited" <<-END
		#!/bin/sh
		echo $2 >/proc/sys/user/$1 && exec "$build/baton" "\$@"
	END
	chmod 755 "$work/limited"
}
start_limited() {
	export BATON_CONTROL=$work/control.sock
	rm -f "$work/control.sock"
	: >"$work/log" # what is waited for below is not the last one's
	env BATON_CONTROL="$work/control.sock" BATON_WATCH=src BATON_LIVE=dist BATON_WATCH_DELAY=150ms BATON_BUILD_ON_START=off \
		BATON_BUILD="$build_command" unshare -Urfp --mount-proc --kill-child "$work/limited" -- \
		sleep 1000 >"$work/out" 2>"$work/log" &
	baton_pid=$!
	wait_until 10 grep -q ': watching' "$work/log"
}
if unshare -Ur sh -c 'echo 20 >/proc/sys/user/max_inotify_watches' 2>/dev/null; then
	begin
	mkdir -p src/d{1..40}
	limited max_inotify_watches 20
	start_limited
	check "that no watches are left is said" grep -q 'no inotify watches are left' "$work/log"
	echo new >src/d40/a; echo new >src/d1/a
	wait_until 8 grep -q src/d40/a changed
	wait_until 8 grep -q src/d1/a changed
	check "and nothing is missed" grep -q src/d40/a changed
	check "nor where there was one" grep -q src/d1/a changed
	stop_baton
	begin
	limited max_inotify_instances 0
	start_limited
	check "that inotify cannot be had is said" grep -q 'inotify cannot be had' "$work/log"
	echo two >src/page.md
	wait_until 8 became 1
	check "and nothing is missed without it" grep -q 'built two' notes
	stop_baton
else
	skip "limits of inotify" "no user namespaces here"
fi
finish
