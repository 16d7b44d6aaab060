#!/usr/bin/env bash
# Goal: an unchanged Astro blog with two workers is edited and reloaded while it is read three ways: by new
# connections, over 16 kept-alive ones that are each used six times a second, and a page that takes 300 ms.
# Each edit is built in the sandbox and served; nothing is lost. The first one changes the styles as well, which
# BATON_ASSETS lets the releases lend each other: they are asked for under load from before until the end. EDITS and RELOADS say how many (3 and 3),
# RATE how many new connections a second (50).
. "$(dirname "$0")/lib.sh"
edits=${EDITS:-3} reloads=${RELOADS:-3}
blog=$build/blog
url=http://127.0.0.1
post=src/content/blog/anchor.md layout=src/layouts/Page.astro
export ASTRO_TELEMETRY_DISABLED=1

# The blog as the repository has it, in a folder that keeps node_modules from run to run.
lay_out() {
	mkdir -p "$blog"
	(cd "$blog" && rm -rf src dist .astro .baton node_modules/.astro node_modules/.vite) || return 1
	cp -a images/astro/. "$blog" || return 1
	cd "$blog" || return 1
	cmp -s package-lock.json node_modules/.lock && return 0
	timeout 300 npm install --no-audit --no-fund >"$work/npm" 2>&1 && cp package-lock.json node_modules/.lock
}

edition() { curl -s -m 5 "$url/" | grep -o 'edition=[0-9]*'; }
edition_is() { [ "$(edition)" = "edition=$1" ]; }
# Written beside it and renamed over it, as editors do.
edit() {
	sed "s/edition=[0-9]*/edition=$1/" "$post" >"$post.new" && mv "$post.new" "$post"
}
# The style sheet of the page that is served, under the name that Astro gave it.
sheet() { curl -s -m 5 "$url/" | grep -o '/_astro/[^"]*\.css' | head -n 1; }
restyle() { sed "s/max-width: 40rem/max-width: 41rem/" "$layout" >"$layout.new" && mv "$layout.new" "$layout"; }
handoffs() { status 's["services"][0]["handoffs"]["'"$1"'"]'; }
serving() { status '[g["id"] for g in s["services"][0]["generations"] if g["state"] == "serving"][0]'; }

for command in node npm curl; do
	type -P $command >/dev/null || { skip astro "$command is not installed"; finish; }
done
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a == 20 && b >= 3) ? 0 : 1)' ||
	{ skip astro "Astro 5 needs Node 20.3, this is $(node -v)"; finish; }
lay_out || { skip astro "npm cannot install it: $(tail -n 1 "$work/npm")"; finish; }
node_modules/.bin/astro build >"$work/build" 2>&1 || { fail "astro: first build" "$(tail -n 5 "$work/build")"; finish; }

port=$(free_port)
url+=:$port
start_baton HOST=0.0.0.0 PORT="$port" BATON_WORKERS=2 BATON_LISTEN="0.0.0.0:$port" \
	BATON_WATCH=src/content BATON_BUILD='node_modules/.bin/astro build --outDir "$BATON_OUT"' \
	BATON_LIVE=dist BATON_ASSETS=client/_astro BATON_WATCH_DELAY=300ms BATON_DRAIN_TIMEOUT=10s -- node ./dist/server/entry.mjs
ready 30 || { fail "astro: starts" "$(tail -n 5 "$work/log")"; finish; }
equal "astro: the image's build is what is live first" edition=1 "$(edition)"

longest=$((60 + 40 * (edits + reloads)))
load_start "new connections" --mode new --rate "${RATE:-50}" --connections 32 --duration $longest \
	--expect 'edition=[0-9]' --generation 'generation=' "$url/"
load_start "kept-alive connections" --mode keepalive --connections 16 --think 150 --jitter 50 \
	--duration $longest --expect 'edition=[0-9]' --generation 'generation=' "$url/"
load_start "the slow page" --mode new --connections 8 --rate 10 --duration $longest \
	--generation 'generation=' "$url/slow"

first=$(sheet)
load_start "styles of the first page" --mode new --connections 8 --rate 20 --duration $longest "$url$first"

restyle
for ((i = 2; i < 2 + edits; i++)); do
	edit $i
	wait_until 60 edition_is $i || fail "astro: edit $i is served" "still $(edition)"
done
equal "astro: the last edit is served" "edition=$((edits + 1))" "$(edition)"
for ((i = 0; i < reloads; i++)); do
	baton reload >"$work/reload" 2>&1 || fail "astro: reload" "$(tail -n 3 "$work/reload")"
done

second=$(sheet)
check "astro: the styles have another name" test "$first" != "$second"
for name in "$first" "$second"; do
	check "astro: each release has ${name##*/}" sh -c "[ \$(ls -d .baton/releases/[0-9]*/client'$name' | wc -l) = $((edits + 1)) ]"
done

equal "astro: handoffs done" "$((edits + reloads))" "$(handoffs done)"
equal "astro: handoffs failed" 0 "$(handoffs failed)"
equal "astro: left behind in a queue" 0 "$(handoffs left_behind)"
equal "astro: the generation that answers" "generation=$(serving)" "$(curl -s "$url/" | grep -o 'generation=[0-9]*')"
equal "astro: a chunk that is imported when first asked for" "almanac of 3 posts" \
	"$(curl -s "$url/lazy" | grep -o 'almanac of [0-9]* posts')"
equal "astro: what is live is a release" ".baton/releases/$((edits + 1))" \
	"$(realpath --relative-to . dist)"
load_end "styles of the first page" 20
load_end "new connections" 100
load_end "kept-alive connections" 100
load_end "the slow page" 20
finish
