#!/usr/bin/env bash
# Goal: saves, failing builds, builds and reloads and rollbacks by hand, and watchers, wardens and builders
# that are killed, at random: at the end of each round the newest good state is served, and
# nobody who asked meanwhile got no answer. ROUNDS=200 by hand: make interleave.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip interleave "python3 is not installed"; finish; }
rounds=${ROUNDS:-5}
RANDOM=${SEED:-1}
port=$(free_port)
url=http://127.0.0.1:$port/index.html
mkdir -p "$work/app/src"
cd "$work/app" || exit 1
echo 0 >src/page
# a page that begins with "broken" cannot be built, one that begins with "hangs" never ends
build_command='read -r page <src/page; echo "building $page"; sleep 0.$((RANDOM % 3))
	case $page in broken*) exit 3 ;; hangs*) sleep 60 ;; esac; echo "$page" >"$BATON_OUT/index.html"'
start_baton BATON_WATCH=src BATON_LIVE=dist BATON_WATCH_DELAY=50ms BATON_DRAIN_TIMEOUT=2s BATON_STOP_TIMEOUT=1s \
	BATON_BUILD_TIMEOUT=1s BATON_RESTART_DELAY=10ms..100ms BATON_BUILD="$build_command" ${OPTIONS:-} \
	-- python3 -m http.server --bind 127.0.0.1 -d dist "$port"
ready 20 || fail "starts" "$(tail -n 5 "$work/log")"
load_start interleavings --mode new --rate 40 --connections 4 --duration 3600 "$url"

shows() { [ "$(curl -s --max-time 2 "$url")" = "$1" ]; }
# below PID 1: its watcher, and the watcher's builder
watcher() { pgrep -P "$(init_pid)" -f '^baton watch' | head -n 1; }
builder() { local w; w=$(watcher); [ -z "$w" ] || pgrep -P "$w" | head -n 1; }
pause() { read -rt "$1" <> <(:) || :; }
kill_one() { [ -z "$1" ] || { kill -9 "$1" 2>/dev/null && killed=$((killed + 1)); }; }
page=0 killed=0 edits=0 orders=0 order_pids=()
save() { # TEXT: as one write, so that no build sees half of it
	echo "$1" >.next && mv .next src/page
	edits=$((edits + 1))
}
order() { # in the background: whether it succeeds is not what is asked here
	timeout 20 "$build/baton" "$@" >/dev/null 2>&1 </dev/null &
	order_pids+=($!)
	orders=$((orders + 1))
}
trouble() {
	page=$((page + 1))
	case $((RANDOM % 12)) in
	0 | 1) kill_one "$(watcher)" ;;
	2 | 3) kill_one "$(builder)" ;;
	4) order build ;;
	5) order reload ;;
	6) order rollback ;;
	7) save "broken $page" ;;
	8) [ $((RANDOM % 4)) != 0 ] || save "hangs $page" ;;
	*) save "page $page" ;;
	esac
}

wrong=0
for ((round = 1; round <= rounds; round++)); do
	for ((i = RANDOM % 6 + 2; i > 0; i--)); do
		trouble
		pause 0.$((RANDOM % 4))$((RANDOM % 10))
	done
	# orders by hand are over: a rollback that is still under way would come after the last save
	[ ${#order_pids[@]} = 0 ] || wait "${order_pids[@]}"
	order_pids=()
	page=$((page + 1))
	save "page $page"
	if ! wait_until 30 shows "page $page"; then
		fail "round $round of $rounds (SEED=${SEED:-1})" "page $page is not served, but $(curl -s --max-time 2 "$url")"
		wrong=$((wrong + 1))
		tail -n 40 "$work/log"
		[ "$wrong" -lt 3 ] || break
	fi
done
[ "$wrong" != 0 ] || ok "the newest good state is served at the end of each of $rounds rounds: $edits saves, $orders orders, $killed killed, $(grep -c 'build [0-9]*: started' "$work/log") builds"
equal "never two builds at once" 0 "$(awk '/build [0-9]*: started/ { n++; if (n > 1) bad++ } / build [0-9]*: (done|failed)/ { n = 0 } /the watcher ended/ { n = 0 } END { print bad + 0 }' "$work/log")"
load_end interleavings 100
stop_baton
finish
