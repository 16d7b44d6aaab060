#!/usr/bin/env bash
# Goal: in Docker, with its default seccomp profile, as uid 1000, without a capability and on a read-only
# root with one volume, baton reloads a C server and a Node server under load and loses nothing; and
# `docker stop` lets the requests in flight finish, and ends with 0.
. "$(dirname "$0")/lib.sh"
. "$root/tests/system/engine.sh"
reloads=${RELOADS:-5}
server=$(readlink -f "$build/workers/epoll")

# start NAME IMAGE [OPTION...] [-- COMMAND...]
start() {
	local image=$2
	local -a options=()
	container=$1
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
	engine run -d --name "$container" --user 1000 --cap-drop ALL --read-only "${options[@]}" \
		"$image" "${@:2}" >/dev/null 2>"$work/run" ||
		{ fail "$container: runs" "$(tail -n 1 "$work/run")"; return 1; }
	url=http://$(engine inspect -f '{{.NetworkSettings.IPAddress}}' "$container"):8080
	wait_until 20 engine_baton ready && return 0
	fail "$container: starts" "$(engine logs "$container" 2>&1 | tail -n 5)"
	return 1
}

engine_docker_start || { skip docker "$engine_reason"; finish; }
engine_base_image localhost/node "$server" ||
	{ skip docker "no base image: $engine_reason"; finish; }
engine_baton_image
cat >"$work/Dockerfile" <<'END'
ARG BASE
ARG BATON
FROM ${BATON} AS baton
FROM ${BASE}
COPY --from=baton /baton /sbin/baton
WORKDIR /app
ENTRYPOINT ["/sbin/baton", "--"]
END
mkdir -p "$work/context"
engine_build localhost/small "$work/context" -f "$work/Dockerfile" || { fail "docker: build" "$engine_reason"; finish; }

if start epoll localhost/small -v app:/app -e BATON_WORKERS=2 \
	-e BATON_CONTROL=/app/control.sock -- "$server"; then
	engine_hand_over epoll "$reloads"
	engine_end epoll 30
fi

if ! type -P node >/dev/null; then
	skip node "node is not installed"
elif ! engine_base_image localhost/node "$(type -P node)" || ! engine_build localhost/server images/kubernetes; then
	fail "node: build" "$engine_reason"
elif start node localhost/server -v run:/run/baton -e BATON_WORKERS=2; then
	engine_hand_over node "$reloads"
	engine_end node 30
fi
finish
