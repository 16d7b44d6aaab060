#!/usr/bin/env bash
# Goal: what the command line says without a running baton is right, complete and documented:
# check, help, version, doctor, the manual, and the clients' answer that nobody is there.
. "$(dirname "$0")/lib.sh"

# try NAME STATUS PATTERN COMMAND...: the exit status, and a line of all output that matches.
try() {
	local name=$1 want=$2 pattern=$3 got
	shift 3
	"$@" >"$work/out" 2>&1
	got=$?
	if [ "$got" -ne "$want" ]; then
		fail "$name" "exit status $got, not $want: $(head -1 "$work/out")"
	elif ! grep -Eq -- "$pattern" "$work/out"; then
		fail "$name" "no line like '$pattern' in: $(head -3 "$work/out")"
	else
		ok "$name"
	fi
}

clean() {
	env -i PATH="$PATH" "$@"
}

json_of() {
	"$@" | python3 -c 'import json, sys; json.load(sys.stdin)' && echo JSON
}

manual_is_current() {
	cp docs/manual.md "$work/manual.md"
	docs/tables "$build/baton" "$work/manual.md" && diff docs/manual.md "$work/manual.md" &&
		echo same
}

man_page_is_clean() {
	clean "$build/baton" help --man >"$work/baton.1"
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$work/baton.1" | grep -v 'missing date' && return 1
	fi
	grep -q '^\.SH ENVIRONMENT' "$work/baton.1" && echo clean
}

every_variable_has_help() {
	local v
	for v in $(clean "$build/baton" check --json | grep -o '"BATON_[A-Z_]*"' | tr -d '"'); do
		clean "$build/baton" help "$v" | grep -q "example  ENV $v=" || return 1
		clean "$build/baton" help | grep -q "$v" || return 1
		echo "$v"
	done
}

all_errors_at_once() {
	clean BATON_WORKERS=0 BATON_NO_SUCH=1 BATON_BUILD=x "$build/baton" check 2>&1
	[ "$(clean BATON_WORKERS=0 BATON_NO_SUCH=1 BATON_BUILD=x "$build/baton" check 2>&1 | wc -l)" -eq 3 ]
}

try version 0 '^baton [0-9]+\.[0-9]+\.[0-9]+$' "$build/baton" version
try version-json 0 JSON json_of "$build/baton" version --json
try version-usage 64 "unknown argument '--xml'" "$build/baton" version --xml

try check-defaults 0 '^BATON_WORKERS +default +1$' clean "$build/baton" check
try check-set 0 '^BATON_WORKERS +set +3$' clean BATON_WORKERS=3 "$build/baton" check
try check-cpus 0 '^BATON_WORKERS +set +cpus \([0-9]+\)$' clean BATON_WORKERS=cpus "$build/baton" check
try check-empty 0 '^BATON_WORKERS +default +1$' clean BATON_WORKERS= "$build/baton" check
try check-nested 0 '^BATON_WORKERS +default' clean BATON_GENERATION=4 BATON_OUT=/x "$build/baton" check
try check-no-effect 0 '^BATON_WATCH_EXT +set +\.md +\(has no effect without BATON_WATCH\)$' \
	clean BATON_WATCH_EXT=.md "$build/baton" check
try check-service-link 0 '^BATON_WORKERS +default' clean BATON_PORT=tcp://10.0.0.1:80 "$build/baton" check
try check-bad 78 "BATON_WORKERS: 'many' is not accepted: give a whole number from 1 to 64, or cpus" \
	clean BATON_WORKERS=many "$build/baton" check
try check-unknown 78 'did you mean BATON_LISTEN\?' clean BATON_LISTNE=80 "$build/baton" check
try check-all-at-once 0 'BATON_NO_SUCH' all_errors_at_once
try check-together 78 'BATON_SLOTS=5' clean BATON_MAX_DRAINING=3 "$build/baton" check
try check-json 0 JSON json_of clean BATON_BUILD='say "hi"' BATON_LIVE=dist "$build/baton" check --json
try check-json-bad 78 '"ok":false,"errors":\["BATON_LOG:' clean BATON_LOG=$'\033' "$build/baton" check --json
try check-command 0 '^command +given +sh -c true \(/.*/sh\)$' clean "$build/baton" check -- sh -c true
try check-no-command 78 "'no-such-command' is in no directory of PATH" \
	clean "$build/baton" check -- no-such-command
try check-usage 64 "unknown argument '--xml'" clean "$build/baton" check --xml

try help 0 'ENTRYPOINT' clean "$build/baton" help
try help-one 0 'example  ENV BATON_READY=http:/health' clean "$build/baton" help ready
try help-nearest 64 'did you mean BATON_WORKERS\?' clean "$build/baton" help workrs
try help-every-variable 0 BATON_SANDBOX_NET every_variable_has_help
try help-man 0 clean man_page_is_clean
try manual-is-current 0 same manual_is_current

try doctor 0 '^tier: (inject|env)\+steer$' clean "$build/baton" doctor
try doctor-json 0 JSON json_of clean "$build/baton" doctor --json
try doctor-usage 64 "unknown argument" clean "$build/baton" doctor now

try nobody-there 69 "no baton answers at BATON_CONTROL=$work/none" \
	clean BATON_CONTROL="$work/none" "$build/baton" status
try nobody-ready 69 'no baton answers' clean BATON_CONTROL="$work/none" "$build/baton" ready
try client-usage 64 "unknown argument '--fast'" clean "$build/baton" reload --fast
try client-either 64 'give one of them' clean "$build/baton" reload --drained --no-wait
try releases-none 0 'no releases in' clean BATON_RELEASES="$work/none" "$build/baton" releases
try releases-json 0 '^\[\]$' clean BATON_RELEASES="$work/none" "$build/baton" releases --json
try logs-none 1 'no build was logged' clean BATON_RELEASES="$work/none" "$build/baton" logs build
try no-command 64 'no command' clean "$build/baton"

finish
