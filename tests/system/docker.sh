#!/usr/bin/env bash
# Goal: in Docker, with its default seccomp profile, as uid 1000, without a capability and on a read-only
# root with one volume, baton reloads a C server and a Node server under load and loses nothing; and
# `docker stop` lets the requests in flight finish, and ends with 0. The image of images/astro, too, which
# is edited, builds in its sandbox there, and comes back from its volume with the last edit.
. "$(dirname "$0")/lib.sh"
. "$root/tests/system/engine.sh"
reloads=${RELOADS:-5}
server=$(readlink -f "$build/workers/epoll")
port=8080

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
	url=http://$(engine inspect -f '{{.NetworkSettings.IPAddress}}' "$container"):$port
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

# A build that wants more memory than the container has, in one with a limit, and with all cgroups read-only.
ended() { engine logs limited 2>&1 | grep 'build 2: failed after'; }
if start limited localhost/small -m 128m --memory-swap 128m -v limited:/app -e BATON_CONTROL=/app/control.sock \
	-e BATON_BUILD='if [ $BATON_TRIGGER = start ]; then echo x >$BATON_OUT/x; else exec dd if=/dev/zero of=/dev/null bs=1024M; fi' \
	-e BATON_LIVE=dist -- "$server"; then
	engine_load_start "limited" --mode new --rate 100 --connections 8 --duration 60 "$url/"
	engine_baton build >/dev/null 2>&1
	check "limited: the build is ended before the container is" \
		grep -q "the container's memory limit of 128M is near" <<<"$(ended)"
	load_end "limited" 5
	equal "limited: no memory ran out" "false running" \
		"$(engine inspect -f '{{.State.OOMKilled}} {{.State.Status}}' limited)"
	engine rm -f limited >/dev/null
fi

if ! type -P node >/dev/null; then
	skip node "node is not installed"
elif ! engine_base_image localhost/node "$(type -P node)" || ! engine_build localhost/server images/kubernetes; then
	fail "node: build" "$engine_reason"
elif start node localhost/server -v run:/run/baton -e BATON_WORKERS=2; then
	engine_hand_over node "$reloads"
	engine_end node 30
fi

# The packages that astro.sh installed go into the base image: there is no network to install them from.
blog_image() {
	local npm library
	npm=$(dirname "$(dirname "$(readlink -f "$(type -P npm)")")")
	library=$(ldconfig -p | sed -n 's/.*librt.so.1 .*x86-64.*=> //p')
	engine_base_image localhost/node "$(type -P node)" "$(type -P npm)" "$npm" $library || return 1
	mkdir -p "$work/packages"
	cp -al "$build/blog/node_modules" "$work/packages/" || cp -a "$build/blog/node_modules" "$work/packages/" || return 1
	cat >"$work/packages/Dockerfile" <<-'END'
		FROM localhost/node
		COPY --chown=1000:1000 node_modules /app/node_modules
		RUN echo offline=true >/home/.npmrc
	END
	engine_build localhost/node "$work/packages" && engine_build localhost/blog images/astro
}
edition() { inside curl -s -m 5 "$url/" | grep -o 'edition=[0-9]*'; }
edited() { [ "$(edition)" = edition=2 ]; }
start_blog() { start blog localhost/blog --tmpfs /tmp -v blog:/app; }

port=4321
if [ ! -d "$build/blog/node_modules" ]; then
	skip blog "astro.sh has installed no packages"
elif ! blog_image; then
	fail "blog: build" "$engine_reason"
elif start_blog; then
	engine_load_start "blog, edited" --mode new --rate 50 --connections 16 --duration 120 --generation generation= "$url/"
	engine exec blog sed -i 's/edition=1/edition=2/' src/content/blog/anchor.md
	wait_until 60 edited
	equal "blog: an edit is served" edition=2 "$(edition)"
	load_end "blog, edited" 50
	engine_end blog 40
	engine rm blog >/dev/null
	start_blog
	equal "blog: it comes back with the last edit" edition=2 "$(edition)"
fi
finish
