#!/usr/bin/env bash
# Goal: a build that takes all the memory, the processes or the disk there is, is ended with one sentence that says so,
# and what it left is gone; the service beside it loses nothing, and the container's own limit on memory is never
# reached. With a cgroup for the build where one can be made (version 1 here), and without; and that cgroup goes, too.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || { skip limits "needs root: cgroups, mounts"; finish; }
server=$build/workers/epoll
own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
group=/sys/fs/cgroup/memory${own%/}/baton-limits-$$
volume=$work/volume
kinds=none
if [ -n "$own" ] && mkdir "$group" 2>/dev/null && echo 128M >"$group/memory.limit_in_bytes"; then
	kinds="cgroup none"
else
	skip "the container's memory limit" "no memory cgroup of version 1 can be made"
fi
mkdir "$volume"
mount -t tmpfs -o size=64m,nr_inodes=100000 none "$volume" || { skip limits "needs to mount"; finish; }
trap 'umount -l "$volume" 2>/dev/null; cleanup; find "${group%/*}" -maxdepth 1 -name "baton-limits-$$" -exec rmdir {} \; 2>/dev/null' EXIT

# Within the group if that is wanted; and where there is to be no cgroup with all of their trees read-only.
wrapper() {
	echo '#!/bin/bash'
	[ -z "$limited" ] || echo "echo 0 >'$group/cgroup.procs'"
	[ "$kind" = cgroup ] || echo 'if [ "$1" != inner ]; then exec unshare -m "$0" inner "$@"; fi
		shift
		for tree in /sys/fs/cgroup /sys/fs/cgroup/*/; do
			[ -L "${tree%/}" ] || mount -o remount,bind,ro "$tree" 2>/dev/null
		done'
	echo "exec '$build/baton' \"\$@\""
}

# begin BUILD [VARIABLE=VALUE...]: baton serves, under load, and a build begins.
begin() {
	local script=$1 kept=$build
	shift
	mkdir -p "$work/app/src" "$work/app/dist" "$work/as"
	cd "$work/app" || exit 1
	echo live >dist/index.html
	printf '%s\n' "$script" >build.sh
	wrapper >"$work/as/baton"
	chmod 755 "$work/as/baton"
	port=$(free_port)
	build=$work/as start_baton BATON_WATCH=src BATON_WATCH_DELAY=50ms BATON_LIVE=dist BATON_BUILD="sh build.sh" \
		BATON_RELEASES="$volume/releases" "$@" -- "$server" --port "$port"
	build=$kept
	ready || fail "$kind: starts" "$(tail -n 3 "$work/log")"
	load_start "$kind, $name" --mode new --rate 50 --connections 8 --duration 60 "http://127.0.0.1:$port/"
	wait_until 10 grep -q 'watching src' "$work/log"
	echo "$RANDOM" >src/page.md
}
over() {
	load_end "$kind, $name" 5
	stop_baton
	cd /
	rm -rf "$work/app" "${volume:?}"/*
}
built() { grep -q "build $1: \(done in\|failed after\)" "$work/log"; }

# Those that no watcher holds, ours or somebody else's.
groups_free() { for g in $(groups_left); do flock -n "$g" echo "$g"; done; }

# attack NAME SENTENCE BUILD [VARIABLE=VALUE...]
attack() {
	name=$1
	local sentence=$2 said
	shift 2
	begin "$@"
	wait_until 90 built 2
	said=$(sed -n 's/^baton: build 2: \(done in\|failed after\) //p' "$work/log")
	if [[ $said = *"it was ended: $sentence"* ]]; then
		ok "$kind, $name: $said"
	else
		fail "$kind, $name" "'$said' does not say '$sentence'"
	fi
	equal "$kind, $name: nothing is left" "" "$(find "$volume/releases" -name '.[0-9]*')"
	over
}

limited=
for kind in $kinds; do
	if [ -d "$group" ]; then
		limited=yes
		attack "all of the memory" "" 'dd if=/dev/zero of=/dev/null bs=1G count=1'
		check "$kind, $name: the container's limit is named" grep -q "container's memory limit of 128M" "$work/log"
		equal "$kind, $name: and had to kill nobody" 0 "$(sed -n 's/^oom_kill //p' "$group/memory.oom_control")"
		limited=
	fi
	attack "more memory than it may have" "it used more memory than BATON_SANDBOX_MEMORY (48M)" \
		'for i in 1 2 3; do dd if=/dev/zero of=/dev/null bs=32M count=1000000 & done; wait' BATON_SANDBOX_MEMORY=48M
	attack "a fork bomb" "it has more processes than BATON_SANDBOX_PROCESSES (100)" \
		'f() { f | f & }; f; sleep 60' BATON_SANDBOX_PROCESSES=100
	attack "a full disk" "the disk it writes to is nearly full" 'cat /dev/zero >$BATON_OUT/x || sleep 60'
	attack "many files" "it wrote more than BATON_SANDBOX_DISK (40M)" \
		'cd $BATON_OUT; for d in $(seq 100); do mkdir $d; for f in $(seq 500); do : >$d/$f; done; done' \
		BATON_SANDBOX_DISK=40M
	attack "files with holes" "it wrote more than BATON_SANDBOX_DISK (1024M)" \
		'for i in 1 2 3; do truncate -s 1000M $BATON_OUT/$i; done' BATON_SANDBOX_DISK=1G
done

# Short of memory, the kernel begins with the build; the watcher stays until that is cleared away, and the service last.
name="who goes first"
score() { cat "/proc/$(pgrep -f -P "$1" "$2" | head -n 1)/oom_score_adj"; }
begin 'sleep 20; echo the build'
wait_until 10 grep -q 'build 2: started' "$work/log"
watcher=$(pgrep -P "$(init_pid)" -f '^baton watch')
warden=$(pgrep -P "$watcher" -f "^baton warden")
builder=$(pgrep -P "$warden" -f "^baton builder")
wait_until 5 pgrep -P "$builder"
equal "$name" "1000 1000 900 900 0" "$(score "$builder" .) $(score "$warden" "^baton builder") $(score "$watcher" "^baton warden") $(score "$(init_pid)" "^baton watch") $(cat "/proc/$(init_pid)/oom_score_adj")"
over

# What a build says of when it wrote is believed by nobody: one more build, for what this one wrote, and no other.
name="times in the future"
begin 'echo x >$BATON_OUT/x; echo y >src/new.md; touch -d 2100-01-01 $BATON_OUT $BATON_OUT/x src src/*'
wait_until 20 built 3
wait_until 1 built 4
check "$name: the releases go on" grep -q 'build 2: done' "$work/log"
equal "$name: and nothing is built for ever" "" "$(grep 'build 4' "$work/log")"
over

# An idle build beside somebody who keeps every processor busy steps back, but does not stand still.
name="a machine that is busy"
kind=${kinds%% *}
busy=()
for one in $(seq $(($(nproc) * 2))); do timeout 30 sh -c 'while :; do :; done' & busy+=($!); done
begin 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; echo x >$BATON_OUT/x'
check "$kind, $name: a build gets on" wait_until 25 built 2
kill "${busy[@]}"
wait "${busy[@]}" 2>/dev/null
over

# The watcher dies: the next one finds what it left, and ends it.
if [[ $kinds = cgroup* ]]; then
	kind=cgroup
	name="a watcher that is killed"
	begin 'trap "" TERM; while :; do sleep 1; done'
	check "$name: limits are said" grep -q 'build limits: cgroup v1' "$work/log"
	wait_until 10 grep -q 'build 2: started' "$work/log"
	watcher=$(pgrep -P "$(init_pid)" -f '^baton watch')
	warden=$(pgrep -P "$watcher" -f '^baton warden')
	builder=$(pgrep -P "$warden" -f '^baton builder')
	wait_until 5 pgrep -P "$builder"
	left=$(pgrep -P "$builder")
	groups=$(tr '\0' '\n' <"/proc/$builder/cmdline" | tail -n 1 | tr : '\n' | grep ^/)
	check "$name: a cgroup of its own" grep -q '/baton-build\.' "/proc/$left/cgroup"
	# others may make cgroups of the same names, as soon as these are gone
	inodes=$(stat -c %i $groups)
	kill -KILL "$watcher" "$builder"
	wait_until 10 sh -c "[ \$(grep -c 'build limits' $work/log) = 2 ]"
	check "$name: what it left is ended" wait_until 5 sh -c "! kill -0 $left"
	over
	equal "$name: and no cgroup stays" "" "$(stat -c %i $groups 2>/dev/null | grep -xF "$inodes")"
fi
finish
