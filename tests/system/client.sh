#!/usr/bin/env bash
# Goal: the commands to a running baton say what is, do what they say, and their exit statuses can
# be relied on by a script.
. "$(dirname "$0")/lib.sh"
port=$(free_port)
behave=$work/behave
: >"$behave"

# answer NAME STATUS PATTERN ARGUMENT...: of baton; no PATTERN: it prints nothing. What it printed is
# left in $work/answer.
answer() {
	local name=$1 want=$2 pattern=$3 got
	shift 3
	timeout 30 "$build/baton" "$@" >"$work/answer" 2>&1
	got=$?
	if [ "$got" -ne "$want" ]; then
		fail "$name" "exit status $got, not $want: $(head -3 "$work/answer")"
	elif [ -z "$pattern" ] && [ -s "$work/answer" ]; then
		fail "$name" "it should say nothing: $(head -3 "$work/answer")"
	elif ! grep -Eq -- "$pattern" "$work/answer" && [ -n "$pattern" ]; then
		fail "$name" "no line like '$pattern' in: $(head -3 "$work/answer")"
	else
		ok "$name"
	fi
}

serve() { # [VARIABLE=VALUE...]
	start_baton BATON_LISTEN="127.0.0.1:$port" BATON_DRAIN_TIMEOUT=3s BATON_READY_TIMEOUT=5s "$@" -- \
		"$build/workers/epoll" --address 127.0.0.1 --port "$port" --behave "$behave"
}

keys() { # of status --json, sorted, one path a line
	baton status --json | python3 -c '
import json, sys
def walk(value, path):
    if isinstance(value, dict):
        for key in value:
            walk(value[key], path + "." + key if path else key)
    elif isinstance(value, list):
        for item in value:
            walk(item, path + "[]")
    else:
        found.add(path)
found = set()
walk(json.load(sys.stdin), "")
print("\n".join(sorted(found)))'
}

expected_keys() {
	local s='services[]'
	local g="$s.generations[]"
	printf '%s\n' version pid uptime_s state tier upgrades \
		$s.name $s.state $s.critical $s.canary $s.generation $s.release $s.workers \
		$s.listeners[].address $s.listeners[].slot $s.listeners[].queue \
		$g.id $g.state $g.release $g.slot $g.connections $g.queue $g.age_s $g.drain \
		$g.workers[].index $g.workers[].pid $g.workers[].rss_bytes $g.workers[].restarts \
		$g.workers[].adoption $g.workers[].says $g.workers[].status \
		$s.handoffs.done $s.handoffs.failed $s.handoffs.left_behind $s.handoffs.last_ms \
		$s.handoffs.accepted_old $s.handoffs.accepted_new $s.handoffs.drained \
		$s.handoffs.closed_quiet $s.handoffs.carried $s.handoffs.cut $s.handoffs.dropped \
		$s.handoffs.listen_overflows $s.handoffs.listen_drops \
		$s.build.state $s.build.number $s.build.last_ms $s.build.last_result | LC_ALL=C sort
}

serving() { status 's["services"][0]["generation"]'; }
generations() { status 'len(s["services"][0]["generations"])'; }

serve BATON_WORKERS=2
answer "live" 0 '' live
check "ready" ready
answer "ready says nothing" 0 '' ready
answer "status" 0 '^serving' status
answer "status names the listener" 0 "^127.0.0.1:$port +[0-9]+ +0" status
answer "status shows both workers" 0 '^    worker 1 +pid [0-9]+ +[0-9.]+[kM] +inject' status
equal "status --json has the keys it should" "$(expected_keys)" "$(keys | LC_ALL=C sort)"
equal "its pid" "$([ "$(id -u)" = 0 ] && echo 1 || echo "$baton_pid")" "$(status 's["pid"]')"
equal "its workers' memory" True \
	"$(status 'all(w["rss_bytes"] > 10000 for w in s["services"][0]["generations"][0]["workers"])')"

exec 5<>"/dev/tcp/127.0.0.1/$port" 6<>"/dev/tcp/127.0.0.1/$port"
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&5
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&6
read -r _ <&5
read -r _ <&6
equal "connections" 2 "$(status 's["services"][0]["generations"][0]["connections"]')"
exec 5>&- 6>&-

before=$(serving)
answer "reload" 0 "^generation $((before + 1)): serving" reload
equal "reload: the next generation serves" $((before + 1)) "$(serving)"
answer "reload --drained" 0 'serving' reload --drained
equal "reload --drained: nobody else is left" 1 "$(generations)"
before=$(serving)
answer "reload --no-wait" 0 '' reload --no-wait
check "reload --no-wait: it comes all the same" wait_until 10 sh -c \
	"'$build/baton' status --json | grep -q '\"generation\":$((before + 1))'"

# a build or a rollback that cannot be
answer "build without BATON_BUILD" 1 'nothing builds here' build
answer "rollback to what never was" 1 'failed|nothing served before' rollback 99

# a candidate that fails
echo crash >"$behave"
before=$(serving)
answer "reload of what crashes" 1 'failed' reload
equal "what served serves on" "$before" "$(serving)"
answer "status tells of the failure" 0 'handoffs .* [1-9][0-9]* failed' status
: >"$behave"

# who may ask
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	if setpriv --reuid 12345 --regid 12345 --clear-groups "$build/baton" status >"$work/answer" 2>&1; then
		fail "another user is turned away" "$(head -1 "$work/answer")"
	else
		equal "another user is turned away" 69 "$?"
	fi
else
	skip "another user is turned away" "not root"
fi

# a script that watches, and one that hangs up
timeout 3 "$build/baton" status --watch >"$work/answer" 2>&1
check "status --watch goes on" test "$(grep -c '^baton ' "$work/answer")" -ge 2
timeout 0.3 "$build/baton" reload --drained >"$work/answer" 2>&1
check "a client that hangs up harms nobody" wait_until 10 baton ready

# baton dies under a client
timeout 20 "$build/baton" status --watch >"$work/answer" 2>&1 &
watching=$!
wait_until 5 test -s "$work/answer"
kill -9 "$(init_pid)"
wait $watching
equal "baton is gone: exit status" 69 $?
wait "$baton_pid" 2>/dev/null
baton_pid=
answer "nobody answers then" 69 'no baton answers' ready

# a baton that is not root's: it finds the same tier, and root may ask it
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	mkdir "$work/theirs"
	cp "$build/baton" "$build/workers/epoll" "$work/theirs"
	chown -R 12345:12345 "$work/theirs"
	export BATON_CONTROL=$work/theirs/control.sock
	unshare -fp --mount-proc --kill-child setpriv --reuid 12345 --regid 12345 --clear-groups \
		--bounding-set -all "$work/theirs/baton" -- \
		"$work/theirs/epoll" --address 127.0.0.1 --port "$port" >"$work/out" 2>"$work/log" &
	baton_pid=$!
	wait_until 5 test -S "$BATON_CONTROL"
	answer "without privileges: the tier" 0 ', inject\+steer$' status
	stop_baton
else
	skip "without privileges" "not root"
fi

# a baton in a baton: the inner one cannot trap what the outer one already does, and says so
start_baton BATON_LISTEN="127.0.0.1:$port" -- sh -c "'$build/baton' doctor >'$work/nested' 2>&1; exec '$build/workers/epoll' --address 127.0.0.1 --port $port"
check "a baton in a baton: ready" ready
check "doctor sees that bind is taken" grep -q '^seccomp notification *EBUSY' "$work/nested"
check "and what is left" grep -q '^tier: env+steer' "$work/nested"
stop_baton
finish
