#!/usr/bin/env bash
# Goal: workers are who BATON_USER says, may do what BATON_CAPABILITIES says, and serve on a privileged
# port all the same; what cannot be is one sentence and exit status 78, before anything is started.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || { skip "another user" "not root"; exit 0; }

# A port below 1024 that nobody listens on.
privileged_port() {
	python3 -c 'import socket
for port in range(700, 1000):
    s = socket.socket()
    try:
        s.bind(("0.0.0.0", port))
    except OSError:
        continue
    print(port)
    break'
}
worker() { pgrep -P "$(pgrep -P "$(init_pid)" -f "baton keeper" | head -n 1)" | head -n 1; }
of() { awk -v key="$2:" '$1 == key { $1 = ""; print substr($0, 2) }' "/proc/$1/status"; } # PID KEY

port=$(privileged_port)
for learned in "" "127.0.0.1:$port"; do
	name=${learned:+declared} name=${name:-learned}
	start_baton BATON_USER=nobody ${learned:+BATON_LISTEN="$learned"} -- "$build/workers/epoll" --port "$port"
	check "$name: nobody serves on port $port" ready
	equal "$name: the worker's user" "65534 65534 65534 65534" "$(of "$(worker)" Uid)"
	equal "$name: its group" "65534 65534 65534 65534" "$(of "$(worker)" Gid)"
	equal "$name: its capabilities" 0000000000000000 "$(of "$(worker)" CapEff)"
	equal "$name: the keeper is the same user" "65534 65534 65534 65534" \
		"$(of "$(pgrep -P "$(init_pid)" -f 'baton keeper' | head -n 1)" Uid)"
	load_start "$name" --mode new --rate 50 --connections 4 --duration 30 "http://127.0.0.1:$port/"
	wait_until 1 false
	check "$name: reload" eval 'baton reload --drained >/dev/null'
	wait_until 1 false
	load_end "$name" 5
	stop_baton
done

# user, group, supplementary groups, HOME
answer() { # VARIABLES... -- COMMAND: what it says, under baton
	local -a environment=()
	while [ "$1" != -- ]; do environment+=("$1"); shift; done
	shift
	(cd / && env -u HOME BATON_CONTROL="$work/other.sock" "${environment[@]}" timeout 10 "$build/baton" -- "$@" 2>&1)
}
equal "a number that is in no file" "12345 0 0" "$(answer BATON_USER=12345 -- sh -c 'echo $(id -u) $(id -g) $(id -G)')"
equal "a name and a group" "65534 7 7" "$(answer BATON_USER=nobody:7 -- sh -c 'echo $(id -u) $(id -g) $(id -G)')"
home=$(awk -F: '$1 == "daemon" { print $6 }' /etc/passwd)
equal "HOME, where it is not set" "$home" "$(answer BATON_USER=daemon -- sh -c 'echo $HOME')"
equal "a directory of its own" "/usr" "$(answer BATON_USER=nobody BATON_DIR=/usr -- pwd)"
mkdir -m 700 "$work/closed"
equal "started where it may not go" 65534 \
	"$(cd "$work/closed" && env BATON_CONTROL="$work/other.sock" BATON_USER=nobody timeout 10 "$build/baton" -- id -u 2>&1)"

# capabilities
caps() { answer "$@" -- sh -c 'grep -E "Cap(Eff|Bnd)" /proc/self/status | cut -f 2 | tr "\n" " "'; }
equal "none, for root" "0000000000000000 0000000000000000 " "$(caps BATON_CAPABILITIES=none)"
equal "one, for another user" "0000000000000400 0000000000000400 " \
	"$(caps BATON_USER=nobody BATON_CAPABILITIES=NET_BIND_SERVICE)"
port=$(privileged_port)
start_baton BATON_USER=nobody BATON_CAPABILITIES=NET_BIND_SERVICE BATON_ADOPT=off -- "$build/workers/epoll" --port "$port"
check "with it a worker binds port $port by itself" wait_until 5 curl -sf "http://127.0.0.1:$port/" -o /dev/null
stop_baton

# what cannot be
refused() { # NAME PATTERN VARIABLE: one sentence, 78, and nothing was run
	local said status
	said=$(answer "$3" -- touch "$work/was-run")
	status=$?
	equal "$1: status" 78 "$status"
	if [[ $said =~ $2 ]]; then ok "$1: says why"; else fail "$1: says why" "$said"; fi
	check "$1: nothing was run" test ! -e "$work/was-run"
}
refused "a user that is nowhere" "BATON_USER.*nosuchuser.*/etc/passwd" BATON_USER=nosuchuser
refused "a group that is nowhere" "BATON_USER.*nosuchgroup" BATON_USER=nobody:nosuchgroup
refused "a capability that is none" "BATON_CAPABILITIES.*NET_BIND_SERVICES.*NET_BIND_SERVICE" BATON_CAPABILITIES=NET_BIND_SERVICES
said=$(cd / && BATON_CONTROL="$work/other.sock" BATON_USER=root setpriv --reuid 65534 --clear-groups "$build/baton" -- true 2>&1)
status=$?
[ "$status" != 0 ] && ok "not root: another user cannot be had" || fail "not root: another user cannot be had" "status $status"
if [[ $said =~ BATON_USER ]]; then ok "not root: says why"; else fail "not root: says why" "$said"; fi
finish
