#!/usr/bin/env bash
# Goal: what is passed over is what git passes over, with thousands of patterns and paths made at
# random, git being the judge; and the files with patterns that BATON_WATCH_IGNORE names are read
# again when they change. By hand, for longer: SEEDS="1 2 3 ..." bash tests/system/patterns.sh
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip patterns "python3 is not installed"; finish; }

if command -v git >/dev/null; then
	for seed in ${SEEDS:-1 3}; do
		trees=$work/trees
		[ -d /dev/shm ] && [ -w /dev/shm ] && trees=$(mktemp -d /dev/shm/baton-test.XXXXXX)
		said=$(timeout 120 python3 tests/system/likegit.py "$build/seen" "$trees" "$seed" "${TREES:-300}" 2>&1)
		if [ $? = 0 ]; then ok "as git does: $said"; else fail "as git does" "$said"; fi
		rm -rf "$trees"
	done
else
	skip "as git does" "git is not installed"
fi

port=$(free_port)
mkdir -p "$work/app/src/drafts" "$work/app/src/deep" "$work/app/dist"
cd "$work/app" || exit 1
echo '*.tmp' >src/.gitignore
echo 'drafts/' >src/.batonignore
echo '!kept.tmp' >src/deep/.gitignore
: >notes
echo same >dist/index.html
# each build makes what is live already: nothing is handed over
start_baton BATON_WATCH=src BATON_WATCH_IGNORE='.gitignore,.batonignore,*.swp' BATON_WATCH_DELAY=100ms \
	BATON_LIVE=dist BATON_BUILD='echo same >$BATON_OUT/index.html; cat "$BATON_CHANGED" >>notes; echo built >>notes' \
	-- python3 -m http.server --bind 127.0.0.1 -d dist "$port"
wait_until 10 grep -q watching "$work/log"

# saved PATH...: those, and then one that counts: what the build was told
saved() {
	local path
	: >notes
	for path in "$@"; do echo "$RANDOM$RANDOM" >"$path"; done
	echo "$RANDOM$RANDOM" >src/counts.md
	wait_until 10 grep -q built notes
	told=$(grep -v 'built\|ignore$' notes | sort -u | xargs)
}
# tells NAME PATHS: those and no others, by this build or, where all had to be looked at again, the next
tells() {
	wait_until 5 sh -c "[ \"\$(grep -v 'built\|ignore\$' notes | sort -u | xargs)\" = '$2' ]"
	equal "$1" "$2" "$(grep -v 'built\|ignore$' notes | sort -u | xargs)"
}
saved src/a.tmp src/drafts/b.md src/c.swp src/deep/d.tmp
equal "what the files name is passed over" src/counts.md "$told"
saved src/deep/kept.tmp
equal "what a deeper file keeps is not" "src/counts.md src/deep/kept.tmp" "$told"
echo '*.log' >src/.gitignore
saved src/one.log
tells "a file that is changed is read again: what it names no more is new" "src/a.tmp src/counts.md src/deep/d.tmp"
saved src/a.tmp src/two.log
equal "... and what it names now is passed over" "src/a.tmp src/counts.md" "$told"
rm src/.batonignore
saved src/drafts/b.md
tells "one that is removed says nothing" "src/counts.md src/drafts/b.md"
mkdir src/new && echo '*.gen' >src/new/.gitignore
saved src/new/x.gen src/new/y.md
equal "one in a new directory is read" "src/counts.md src/new/y.md" "$told"
stop_baton
finish
