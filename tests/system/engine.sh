# engine.sh - real containers for a scenario, without a registry: Docker Engine and podman. Source lib.sh first.
#
# engine_docker_start and engine_podman_start return 0, or 1 with a sentence in $engine_reason, for a SKIP.
# After either, `engine ARGUMENTS...` is that engine's command line, and `inside COMMAND...` runs a command
# on the network its containers are reached on. All of it (processes, mounts, networks, cgroups) ends with
# engine_stop, which also runs when the scenario ends.
engine_name=
engine_pid=
engine_reason=
engine_home=$work/engine
engine_group=baton-test-$$

# engine_room COMMAND...: keeps it running in namespaces of its own. So bridges, iptables and mounts never are
# the machine's, ports are free, and one kill leaves nothing behind.
engine_room() {
	mkdir -p "$engine_home"
	unshare -fmpn --mount-proc --kill-child bash -c '
		ip link set lo up || exit 1
		trap : TERM
		"$@" &
		wait' bash "$@" >"$engine_home/log" 2>&1 &
	engine_pid=$!
}
# Its first process: of no other use than to be entered by.
engine_inner() { pgrep -P "$engine_pid" | head -n 1; }
inside() { nsenter -t "$(engine_inner)" -n "$@"; }

# engine_docker_start: a daemon of its own.
engine_docker_start() {
	engine_need dockerd /usr/bin/docker runc busybox iptables ip nsenter || return 1
	engine_room dockerd --data-root "$engine_home/data" --exec-root "$engine_home/exec" \
		-p "$engine_home/pid" -H "unix://$engine_home/socket" --storage-driver=overlay2 \
		--cgroup-parent "/$engine_group"
	engine_name=docker
	wait_until 30 engine_settled
	engine version >/dev/null 2>&1 && return 0
	engine_give_up "the Docker daemon does not start"
}
# Up, or gone for good.
engine_settled() { engine version || engine_ended; }

# engine_podman_start: no daemon. With runc, because this may be a machine with both generations of cgroups;
# and without the limits podman raises, because root here may not have CAP_SYS_RESOURCE.
engine_podman_start() {
	engine_need podman runc busybox catatonit ip nsenter || return 1
	engine_room sleep infinity
	cat >"$engine_home/runc" <<'END'
#!/usr/bin/env bash
# runc, with rlimits taken out of config.json and process.json
for argument; do
	[ "${before:-}" = --bundle ] && argument=$argument/config.json
	case ${before:-} in
	--bundle | --process) sed -i -E 's/"rlimits":\[[^]]*\],//; s/,"rlimits":\[[^]]*\]//' "$argument" ;;
	esac
	before=$argument
done
exec runc "$@"
END
	chmod 755 "$engine_home/runc"
	cat >"$engine_home/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:$(ulimit -Hn)", "nproc=4096:4096"]
		[engine]
		runtime = "plain"
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		[engine.runtimes]
		plain = ["$engine_home/runc"]
	END
	engine_name=podman
	wait_until 5 engine_inner
	engine info >"$engine_home/log" 2>&1 && return 0
	engine_give_up "podman does not run"
}

# engine_need COMMAND...: as root, with these installed?
engine_need() {
	local command
	engine_reason='needs root'
	[ "$(id -u)" = 0 ] || return 1
	for command in "$@"; do
		engine_reason="$command is not installed"
		type -P "$command" >/dev/null || return 1
	done
	engine_reason=
}

# engine_give_up SENTENCE: with the last thing its log complained of.
engine_give_up() {
	engine_reason="$1: $(grep -aiE 'error|fail|denied|cannot' "$engine_home/log" | tail -n 1 | cut -c 1-200)"
	engine_stop
	return 1
}

# Debian's docker, whatever is earlier on PATH: another client may come without BuildKit.
engine() {
	case $engine_name in
	docker)
		DOCKER_BUILDKIT=1 DOCKER_CONFIG=$engine_home /usr/bin/docker -H "unix://$engine_home/socket" "$@"
		;;
	podman)
		CONTAINERS_CONF=$engine_home/containers.conf nsenter -t "$(engine_inner)" -m -p -n --wdns="$PWD" \
			podman --root "$engine_home/data" --runroot "$engine_home/run" \
			--tmpdir "$engine_home/tmp" --storage-driver overlay "$@"
		;;
	esac
}

# engine_base_image NAME FILE...: an image of busybox and these: binaries with their libraries, or folders.
engine_base_image() {
	local name=$1 tree=$engine_home/base file
	shift
	rm -rf "$tree"
	mkdir -p "$tree"/{bin,usr/bin,sbin,etc,app,home,proc,run,tmp,var/tmp}
	chmod 1777 "$tree/tmp" "$tree/var/tmp"
	echo 'root:x:0:0:root:/root:/bin/sh
node:x:1000:1000:node:/home:/bin/sh' >"$tree/etc/passwd"
	printf 'root:x:0:\nnode:x:1000:\n' >"$tree/etc/group"
	echo 'hosts: files dns' >"$tree/etc/nsswitch.conf"
	chown 1000:1000 "$tree/home" "$tree/app"
	cp "$(type -P busybox)" "$tree/bin/busybox"
	for file in $(busybox --list | grep -vx busybox); do ln -s busybox "$tree/bin/$file"; done
	ln -sf /bin/busybox "$tree/usr/bin/env"
	for file in "$@"; do engine_copy "$tree" "$file" || return 1; done
	tar -C "$tree" -c . | engine import \
		--change 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' - "$name" >/dev/null 2>&1
}

# engine_copy TREE FILE: to the same path below TREE, with what it links to and the libraries it needs.
engine_copy() {
	local file=$2 real library
	real=$(readlink -f "$file")
	mkdir -p "$1$(dirname "$file")" "$1$(dirname "$real")"
	[ ! -L "$file" ] || cp -P "$file" "$1$file"
	cp -aT "$real" "$1$real" || return 1
	for library in $(ldd "$real" 2>/dev/null | grep -oE '/[^ ]+'); do
		[ -e "$1$library" ] || install -D -m 755 "$library" "$1$library"
	done
}

# engine_baton_image: localhost/baton, the binary and nothing else, as images/Dockerfile makes it.
engine_baton_image() { tar -C "$build" -c baton | engine import - localhost/baton >/dev/null 2>&1; }

# engine_build NAME CONTEXT [ARGUMENT...]: without a network, from what is there.
engine_build() {
	local name=$1 context=$2
	shift 2
	engine build --network=none --build-arg BASE=localhost/node --build-arg BATON=localhost/baton \
		-t "$name" "$@" "$context" >"$engine_home/build.log" 2>&1 && return 0
	engine_reason=$(tail -n 3 "$engine_home/build.log" | tr '\n' ' ')
	return 1
}

# engine_load_start NAME ARGUMENT...: load_start, from where the containers are reached; load_end ends it.
engine_load_start() {
	local name=$1
	shift
	(exec nsenter -t "$(engine_inner)" -n "$build/load" --json "$@") \
		>"$work/load.$name" 2>"$work/load.$name.err" &
	load_pids[$name]=$!
}

# What is tried with every engine: the container is $container, reached at $url.
engine_baton() { engine exec "$container" /sbin/baton "$@"; }

# engine_status EXPRESSION: of `baton status --json`, in Python, on s and its one service.
engine_status() {
	engine_baton status --json |
		python3 -c "import json, sys; s = json.load(sys.stdin); service = s['services'][0]; print($1)"
}

# engine_hand_over NAME RELOADS: under load with new connections, some of them slow, and with kept-alive
# ones that are used six times a second.
engine_hand_over() {
	local name=$1 reloads=$2 i
	equal "$name: tier" inject+steer "$(engine_status 's["tier"]')"
	engine_load_start "$name" --mode new --rate 200 --connections 16 --duration 120 \
		--generation generation= "$url/"
	engine_load_start "$name, 300 ms" --mode slow --rate 20 --connections 16 --duration 120 "$url/slow"
	engine_load_start "$name, kept alive" --mode keepalive --connections 16 --think 160 --duration 120 \
		--generation generation= "$url/"
	for ((i = 0; i < reloads; i++)); do
		wait_until 1 false	# so that each generation serves some of the load
		engine_baton reload >"$work/reload" 2>&1 || fail "$name: reload" "$(tail -n 3 "$work/reload")"
	done
	load_end "$name" 300
	load_end "$name, 300 ms" 30
	load_end "$name, kept alive" 300
	equal "$name: handoffs done" "$reloads" "$(engine_status 'service["handoffs"]["done"]')"
	equal "$name: left behind in a queue" 0 "$(engine_status 'service["handoffs"]["left_behind"]')"
}

# engine_end NAME GRACE: stopped with 20 slow requests in flight, it finishes them and ends with 0.
engine_end() {
	local name="$1: stop"
	engine_load_start "$name" --mode slow --connections 20 --requests 20 "$url/slow"
	wait_until 5 engine_in_flight 20 || fail "$name: 20 requests in flight" "not seen"
	engine stop -t "$2" "$container" >/dev/null 2>&1
	load_end "$name" 20
	equal "$name: exit status" 0 "$(engine inspect -f '{{.State.ExitCode}}' "$container")"
}
engine_in_flight() { [ "$(inside ss -Htn state established dst "${url#http://}" | grep -c .)" = "$1" ]; }

engine_stop() {
	local containers
	[ -n "$engine_name" ] || return 0
	case $engine_name in
	docker) containers=$(engine ps -aq); [ -z "$containers" ] || engine rm -f $containers ;;
	podman) engine pod rm -af -t 0; engine rm -af -t 0 ;;
	esac >/dev/null 2>&1
	pkill -TERM -P "$(engine_inner)" 2>/dev/null
	wait_until 15 engine_ended || kill -9 "$engine_pid"
	wait "$engine_pid" 2>/dev/null
	find /sys/fs/cgroup -depth -type d \( -path "*/$engine_group*" -o -path '*/libpod_parent*' \) \
		-exec rmdir {} \; 2>/dev/null
	engine_name=
}
engine_ended() { ! kill -0 "$engine_pid"; }
trap 'engine_stop; cleanup' EXIT
