#!/bin/sh
# Render content/*.md (a title, then paragraphs) into "$BATON_OUT"/index.html.
set -eu
mkdir -p "$BATON_OUT"
sleep 0.2 # what a real site generator takes, and more
{
	echo '<!doctype html><meta charset="utf-8"><title>baton</title>'
	for file in content/*.md; do
		sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e '/^$/d' \
		    -e 's|^# \(.*\)|<h1>\1</h1>|' -e '/^<h1>/!s|.*|<p>&</p>|' "$file"
	done
} >"$BATON_OUT/index.html"
