# inits.sh - the inits that are compared, and how one is started. Source lib.sh and figures.sh first.
# Every init is PID 1 of a pid namespace of its own, without a variable but PATH. /run is its own too:
# who starts in the same one, looks by its control socket whether somebody is there, and so wakes it.
own_run='mount -t tmpfs tmpfs /run && exec "$0" "$@"'

declare -A command=(
	[tini]="tini --"
	[dumb-init]="dumb-init --"
	[catatonit]="catatonit --"
	[baton]="$build/baton --"
)
inits=()		# those that are there, in the order they are shown
for name in tini dumb-init catatonit baton; do
	if command -v ${command[$name]% --} >/dev/null; then
		inits+=("$name")
	else
		echo "$name is not installed: left out"
	fi
done
declare -A first=()	# NAME -> its PID 1, as seen from here

# start_as NAME COMMAND...: COMMAND is PID 1; it ends with stop_init NAME or with the bench.
start_as() {
	local name=$1
	shift
	env -i PATH="$PATH" ${config:+"BATON_CONFIG=$(cat "$config")"} \
		unshare -fp --mount-proc --kill-child sh -c "$own_run" "$@" </dev/null >"$work/$name.out" 2>"$work/$name.err" &
	load_pids[$name]=$!
	wait_until 5 pgrep -P "$!"
	first[$name]=$(pgrep -P "${load_pids[$name]}" | head -n 1)
}
start_init() { # NAME[.SUFFIX] COMMAND...: the command below the init
	local name=$1
	shift
	start_as "$name" ${command[${name%.*}]} "$@"
}
stop_init() { # NAME...
	local name
	for name in "$@"; do
		kill -9 "${load_pids[$name]}"
		wait "${load_pids[$name]}"
		unset "load_pids[$name]" "first[$name]"
	done
} 2>/dev/null

# All below a process, it first.
tree() {
	local child
	echo "$1"
	for child in $(pgrep -P "$1"); do tree "$child"; done
}

# The processes that are the init's own: all but what they run.
own() {
	local pid
	for pid in $(tree "$1"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = sleep ] || echo "$pid"
	done
}
runs_sleeps() { # NAME COUNT
	[ "$(tree "${first[$1]}" | while read -r pid; do cat "/proc/$pid/comm"; done | grep -c '^sleep$')" = "$2" ]
}

# Sum a field of smaps_rollup over processes.
sum() { # FIELD PID...
	local name=$1 total=0 pid
	shift
	for pid in "$@"; do total=$((total + $(field "$pid" "$name" smaps_rollup))); done
	echo "$total"
}
