#!/usr/bin/env bash
# Goal: PID 1 becomes another version in the middle of whatever a handoff can be in the middle of, and
# the handoff goes on to its end: a roll, a canary, a generation that is kept warm, a drain, a build.
# Under load, nothing is lost, nobody is left behind.
. "$(dirname "$0")/lib.sh"
bin=$work/bin
mkdir "$bin"
chmod -R a+rX "$work"
install_baton() { cp "$1" "$bin/baton.new" && mv "$bin/baton.new" "$bin/baton"; }
baton() { "$bin/baton" "$@"; }
service() { status "s['services'][0]$*"; }
serves() { [ "$(service '["generation"]')" = "$1" ]; }
states() { status '" ".join(g["state"] for g in s["services"][0]["generations"])'; }

# begin NAME VARIABLE... -- COMMAND...: under load, with new connections, kept ones and slow requests
begin() {
	local mode
	name=$1
	shift
	install_baton "$build/baton"
	build=$bin start_baton "$@"
	ready 20 || fail "$name: starts" "$(tail -n 5 "$work/log")"
	first=$(init_pid)
	for mode in new keepalive slow; do
		load_start "$name: $mode" --mode $mode --rate $([ $mode = slow ] && echo 15 || echo 50) --connections 8 --duration 120 --order off \
			"http://127.0.0.1:$port/$([ $mode != slow ] || echo slow)"
	done
}
upgrade() { # there and back
	local to
	for to in "$build/baton-next" "$build/baton"; do
		install_baton "$to"
		baton upgrade >"$work/upgrade" 2>&1 || fail "$name: upgraded" "$(cat "$work/upgrade")"
	done
}
# end HANDOFFS: so many were done, and nothing was lost
end() {
	local mode
	equal "$name: handoffs" "$1" "$(service '["handoffs"]["done"]')"
	equal "$name: left behind" 0 "$(service '["handoffs"]["left_behind"]')"
	equal "$name: upgraded" 2 "$(grep -c 'nothing was closed' "$work/log")"
	equal "$name: it is the same PID 1" "$first" "$(init_pid)"
	for mode in new keepalive slow; do load_end "$name: $mode" 5; done
	stop_baton
}
said() { wait_until 20 grep -q "$1" "$work/log" || fail "$name: $1" "$(tail -n 5 "$work/log")"; }
reload_in_the_background() { baton reload --drained >"$work/reload" 2>&1 & waiting=$!; }
reload_is_done() { check "$name: who waits for it is answered" wait "$waiting"; }
drains="BATON_DRAIN_TIMEOUT=4s BATON_QUIET=300ms"

port=$(free_port)
begin "a roll" BATON_WORKERS=3 BATON_STRATEGY=rolling $drains -- \
	"$build/workers/epoll" --port "$port" --delay-start 300
reload_in_the_background
said "generation 2: worker 1 of 3 serves"
upgrade
reload_is_done
equal "$name: worker by worker" "1 2 " "$(sed -n 's/.*generation 2: worker \([0-9]\) of 3 serves.*/\1/p' "$work/log" | tr '\n' ' ')"
end 1

port=$(free_port)
cat >"$work/worker" <<-END
	#!/bin/sh
	[ "\$BATON_GENERATION \$BATON_WORKER" = "2 2" ] && exit 3
	exec $build/workers/epoll --port $port --delay-start 300
END
chmod 755 "$work/worker"
begin "a roll that goes back" BATON_WORKERS=3 BATON_STRATEGY=rolling BATON_RESTART=on-failure $drains -- "$work/worker"
baton reload >"$work/reload" 2>&1 &
waiting=$!
said "generation 2: failed"
upgrade
wait "$waiting"
equal "$name: who waits for it is told" 1 $?
whole() { [ "$(states)" = serving ]; }
check "$name: the old one is whole" wait_until 15 whole
end 0

port=$(free_port)
begin "a canary" BATON_CANARY=20%:3s $drains -- "$build/workers/epoll" --port "$port"
reload_in_the_background
said "generation 2: canary: 20 % of new connections"
upgrade
check "$name: goes on" serves 1
check "$name: and it has its share" test "$(service '["canary"]')" != None
reload_is_done
check "$name: and then it serves" serves 2
end 1

port=$(free_port)
begin "a warm one" BATON_KEEP_WARM=60s $drains -- "$build/workers/epoll" --port "$port"
baton reload >"$work/reload" 2>&1 || fail "$name: handed over" "$(cat "$work/reload")"
upgrade
equal "$name: is kept" "ready serving" "$(states)"
check "$name: takes over" baton rollback
check "$name: at once" serves 1
end 2

port=$(free_port)
begin "a drain" BATON_DRAIN_TIMEOUT=8s BATON_QUIET=2s -- "$build/workers/epoll" --port "$port"
reload_in_the_background
said "generation 1 is draining"
upgrade
equal "$name: goes on" "draining serving" "$(states)"
reload_is_done
end 1

port=$(free_port)
mkdir -p "$work/app/src"
echo one >"$work/app/src/index.html"
cd "$work/app" || exit 1
begin "a build" BATON_WATCH=src BATON_LIVE=dist BATON_SANDBOX=off BATON_RELEASES="$work/app/.baton/releases" \
	BATON_BUILD='sleep 1; mkdir -p $BATON_OUT && cp src/index.html $BATON_OUT/' $drains \
	-- "$build/workers/epoll" --port "$port"
cd "$root" || exit 1
echo two >"$work/app/src/index.html"
wait_until 5 sh -c "'$bin/baton' status --json | grep -q running" || fail "$name: begins" "$(tail -n 3 "$work/log")"
upgrade
check "$name: is served" wait_until 15 serves 2
end 1
finish
