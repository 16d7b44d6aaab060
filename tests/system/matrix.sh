#!/usr/bin/env bash
# Goal: any server, unchanged. Each of tests/servers/table is handed over under load (new connections, kept-alive
# ones that pause 100 to 220 ms, requests of 300 ms, streams of a second, all at once), and nothing is lost.
#
#     matrix.sh [NAME...]	these rows alone
#
# HANDOFFS (2) for each, FORM=long for the rows that `make test` leaves out too and the table at the end, JOBS (2)
# rows at a time. HOT=on for kept-alive connections without a pause instead, which a drain can promise nothing:
# they are only counted. Nothing is set but what the table says and BATON_DRAIN_TIMEOUT, for the sake of the time.
. "$(dirname "$0")/lib.sh"
servers=$root/tests/servers
handoffs=${HANDOFFS:-2} form=${FORM:-short} jobs=${JOBS:-2} hot=${HOT:-off}
name= needs= asked= prepared= reached= set= command= failure=

# --- the table --------------------------------------------------------------------------------

rows() { grep -v '^#' "$servers/table" | grep .; }
names() { if [ $# -gt 0 ]; then printf '%s\n' "$@"; else rows | sed 's/ *|.*//'; fi; }

# read_row NAME: into $name and its fellows. What they name ($port, $work …) is filled in.
read_row() {
	local line field rest i=0
	local -a fields
	line=$(rows | awk -F ' *[|] *' -v name="$1" '$1 == name') || return 1
	[ -n "$line" ] || { echo "matrix.sh: $1 is no row of tests/servers/table" >&2; exit 64; }
	rest=$line
	for ((i = 0; i < 7; i++)); do
		field=${rest%%|*}
		rest=${rest#*|}
		read -r field <<<"$field"
		fields+=("$field")
	done
	read -r rest <<<"$rest"
	name=${fields[0]} needs=${fields[2]} asked=${fields[3]} prepared=${fields[4]}
	reached=${fields[5]:-'http://127.0.0.1:$port'} set=${fields[6]} command=$rest
	wanted_form=${fields[1]}
}

# What is missing for this row; nothing when all is there.
missing() {
	local need
	[ "$wanted_form" = both ] || [ "$form" = long ] || { echo "only in make matrix: what it needs is large"; return; }
	for need in $needs; do
		eval "need=$need"
		case $need in
		python:*) /usr/bin/python3 -c "import ${need#*:}" 2>/dev/null || { echo "no Python module ${need#*:}"; return; } ;;
		unix) BATON_LISTEN=$work/app.sock "$build/baton" check -- true >/dev/null 2>&1 ||
			{ echo "this baton has no UNIX listeners"; return; } ;;
		*/*) [ -e "$need" ] || { echo "$need is not there"; return; } ;;
		*) type -P "$need" >/dev/null || { echo "$need is not there"; return; } ;;
		esac
	done
}

# --- what is prepared -------------------------------------------------------------------------

template() { # FILE: of tests/servers, filled in
	sed -e "s|@work@|$work|g; s|@port@|$port|g; s|@servers@|$servers|g; s|@front@|$front|g; s|@pool@|$pool|g" \
		"$servers/$1" >"$work/$1"
}
site() {
	mkdir -p "$work/site" "$work/tmp"
	echo hello >"$work/site/index.html"
	head -c 130000 /dev/zero | tr '\0' . >"$work/site/slow"
	head -c 200000 /dev/zero | tr '\0' . >"$work/site/stream"
}
# What takes its time, as CGI scripts.
scripts() {
	printf '%s\n' 'sleep 0.3' 'printf "Content-Length: 6\r\n\r\nhello\n"' >"$work/site/slow"
	printf '%s\n' 'printf "Content-Length: 30\r\n\r\n"' \
		'for line in 1 2 3 4 5; do echo hello; sleep 0.2; done' >"$work/site/stream"
}
reuseport() { sed -i 's/; # options/ reuseport;/' "$work/nginx.conf"; }
package() { echo "{\"scripts\":{\"start\":\"node $servers/http.js $port\"}}" >"$work/package.json"; }
go() { HOME=$work CGO_ENABLED=0 GO111MODULE=off command go build -o "$work/server" "$servers/server.go"; }
java() { javac -d "$work" "$servers/Http.java" "$servers/Nio.java"; }
unix-pool() {
	pool=$work/app.sock
	template php-fpm.conf
	echo 'listen.mode = 0666' >>"$work/php-fpm.conf"
	pool=unix:$pool
}
front() {
	mkdir -p "$work/tmp"
	template front.conf
	nginx -c "$work/front.conf" -g 'daemon off;' &
	front_pid=$!
}
prepare() {
	local what
	for what in $prepared; do
		if [ -f "$servers/$what" ]; then template "$what"; else $what; fi || return 1
	done >"$work/prepared" 2>&1
}

# --- the load ---------------------------------------------------------------------------------

# Does it say which generation answers? Then the order of generations is judged too.
says_generation() { "$build/load" --requests 1 --expect generation= "$url/" >/dev/null 2>&1; }

ask() { # KIND[?NUMBER]: the number is part of the path
	local longest=$((120 + handoffs * 40)) order=() slow=8 stream=2
	says_generation && order=(--generation generation=)
	# files that a server paces take 1 to 2 s: no more of them than so many connections can ask for
	case $prepared in site*) slow=2 stream=1 ;; esac
	case ${1%\?*} in
	new) load_start new --mode new --rate 60 --connections 8 --duration $longest "${order[@]}" "$url/" ;;
	keep) load_start keep --mode keepalive --connections 8 --think 160 --jitter 60 \
		--duration $longest "${order[@]}" "$url/" ;;
	slow) load_start slow --mode slow --rate $slow --connections 4 --duration $longest "${order[@]}" "$url/slow" ;;
	stream) load_start stream --mode stream --rate $stream --connections 3 --duration $longest "${order[@]}" "$url/$1" ;;
	few) load_start new --mode new --rate 20 --connections 4 --duration $longest "${order[@]}" "$url/"
		load_start slow --mode slow --rate 2 --connections 2 --duration $longest "${order[@]}" "$url/slow?100" ;;
	hot) load_start hot --mode keepalive --connections 8 --duration $longest "${order[@]}" "$url/" ;;
	esac
}

# End every load. $requests and $lost: of each kind, as "new 123, slow 45"; $failure: what must not be.
gather() {
	local kind lost_here
	requests= lost=
	for kind in new keep slow stream hot; do
		[ -n "${load_pids[$kind]:-}" ] || continue
		kill -INT "${load_pids[$kind]}" 2>/dev/null
		wait "${load_pids[$kind]}"
		if [ ! -s "$work/load.$kind" ]; then
			failure+=" $kind: no report;"
			continue
		fi
		lost_here=$(load_value $kind 'r["failed_total"]')
		requests+="${requests:+, }$kind $(load_value $kind 'r["requests"]')"
		lost+="${lost:+, }$kind $lost_here"
		[ "$lost_here" = 0 ] || [ $kind = hot ] ||
			failure+=" $kind: $(load_value $kind '{k: v for k, v in r["failures"].items() if v}') of $(load_value $kind 'r["requests"]');"
		[ "$(load_value $kind 'r["ok"]')" -gt $((handoffs / 4)) ] || failure+=" $kind: hardly a request was made;"
	done
}

# --- one row ----------------------------------------------------------------------------------

service() { status "s['services'][0]$1"; }

hand_over() {
	local i last=()
	for ((i = 1; i <= handoffs; i++)); do
		read -rt 0.3 <> <(:)	# so that each generation serves some of the load
		[ $i -lt "$handoffs" ] || [ "$form" = short ] || last=(--drained)
		baton reload "${last[@]}" >"$work/reload" 2>&1 ||
			{ failure+=" handoff $i: $(tail -n 2 "$work/reload" | tr '\n' ' ');"; return; }
	done
}

run_row() {
	local kinds kind began=$SECONDS
	local -a words settings
	port=$(free_port) front=$(free_port) pool=
	pool=127.0.0.1:$port
	prepare || { failure=" cannot be prepared: $(tail -n 3 "$work/prepared" | tr '\n' ' ')"; return; }
	eval "words=($command) settings=($set) url=$reached"
	settings+=(BATON_DRAIN_TIMEOUT=$([ "$hot" = on ] && echo 3s || echo 10s))
	start_baton "${settings[@]}" -- "${words[@]}"
	ready 30 || { failure=" does not start: $(tail -n 4 "$work/log" | tr '\n' ' ')"; return; }
	[ -z "${front_pid:-}" ] || wait_until 5 curl -sf "$url/"
	kinds=$asked
	[ "$hot" = off ] || kinds=hot
	for kind in $kinds; do ask $kind; done
	hand_over
	read -rt 1 <> <(:)	# so that those who drain are under load still
	gather
	adoption=$(service '["generations"][0]["workers"][0]["adoption"]')
	last_ms=$(service '["handoffs"]["last_ms"]')
	[ "$(service '["handoffs"]["done"]')" = "$handoffs" ] || failure+=" $(service '["handoffs"]');"
	[ "$(service '["handoffs"]["left_behind"]')" = 0 ] || failure+=" left behind in a queue: $(service '["handoffs"]["left_behind"]');"
	took=$((SECONDS - began))
}

one() { # NAME
	local why
	read_row "$1"
	why=$(missing)
	[ -z "$why" ] || { skip "$name" "$why"; report "-" "-" "$why"; return; }
	run_row
	[ -z "${front_pid:-}" ] || { kill "$front_pid"; wait "$front_pid"; }
	if [ -n "$failure" ]; then
		fail "$name" "$failure"
		[ -z "${KEEP:-}" ] || cp -r "$work" "$KEEP"
	else
		ok "$name ($adoption): $handoffs handoffs, lost ${lost:-nothing} of $requests"
	fi
	stop_baton
	report "${requests:-}" "${lost:-}" "${failure:-0}"
}
report() { [ -z "${RESULTS:-}" ] || printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$handoffs" "${took:-}" "$1" "$2" "$3" >>"$RESULTS"; }

# The results of all rows, as docs/servers.md has them.
table() {
	echo
	echo '| server | handoffs | requests | lost |'
	echo '|---|---|---|---|'
	awk -F '\t' '{ printf "| %s | %s | %s | %s |\n", $1, $4 == "-" ? "-" : $2, $4, $4 == "-" ? $6 : $5 }' "$1"
}

if [ "${1:-}" = --row ]; then
	one "$2"
	finish
fi
# shared by the rows, each of which has its own besides
export RESULTS=$work/results
touch "$RESULTS"
names "$@" | xargs -d '\n' -n 1 -P "$jobs" bash "$0" --row || failures=1
[ "$form" = short ] || table "$RESULTS"
finish
