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

services=$'[service web]\ncommand = sh -c \'sleep 9\'\nlisten = 8080\n[service mail]\ncommand = sleep 9\ncritical = off\n'

several() { # TEXT ARGUMENT...: check with that BATON_CONFIG
	local text=$1
	shift
	clean BATON_CONFIG="$text" "$build/baton" check "$@"
}

several_json() {
	several "$services" --json | python3 -c '
import json, sys
got = json.load(sys.stdin)
web, mail = got["services"]
listen = {v["name"]: (v["value"], v["from"]) for v in web["variables"]}
print(web["name"], web["critical"], web["command"][2], *listen["BATON_LISTEN"], *listen["BATON_SLOTS"],
    "BATON_LOG" in listen, mail["name"], mail["critical"], got["warnings"], got["errors"])'
}

several_errors() {
	several $'[service web]\nworkes = 2\nworkers = 0\n[web]' 2>&1 >/dev/null |
		grep -o 'line [0-9]' | sort | paste -sd ' '
}

not_root() {
	local as
	cp "$build/baton" "$work/baton"
	chmod 755 "$work" "$work/baton"
	as=()
	[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid 65534 --clear-groups)
	"${as[@]}" env -i BATON_USER=daemon "$work/baton" check 2>&1 | grep '^baton: '
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

try check-services 0 '^SERVICE web +critical$' several "$services"
try check-services-command 0 "^command +section  sh -c 'sleep 9' \\(/.*/sh\\)\$" several "$services"
try check-services-key 0 '^BATON_LISTEN +section +8080$' several "$services"
try check-services-critical 0 '^SERVICE mail +not critical$' several "$services"
try check-services-json 0 \
	'^web True sleep 9 8080 section 4 default False mail False \[\] \[\]$' several_json
try check-services-line 78 \
	'BATON_CONFIG, line 3, \[service web\], key workes: is no key of baton: did you mean workers\?' \
	several $'[service web]\ncommand = sleep 9\nworkes = 2'
try check-services-all-at-once 0 '^line 1 line 2 line 3 line 4$' several_errors
try check-services-address 78 'services a and b both listen on 0.0.0.0:80' \
	several $'[service a]\ncommand = sleep\nlisten = 0.0.0.0:80\n[service b]\ncommand = sleep\nlisten = 0.0.0.0:80'
try check-services-beside 78 "the command 'sleep' stands beside BATON_CONFIG" several "$services" -- sleep 9
try check-services-program 78 "service a: the command 'no-such' is in no directory of PATH" \
	several $'[service a]\ncommand = no-such'
try check-user 0 'BATON_USER=daemon needs a baton that runs as root, and this is user [1-9]' not_root
try check-user-unknown 78 "BATON_USER: 'no-such' " clean BATON_USER=no-such "$build/baton" check
try check-services-user 78 "service a: BATON_USER: 'no-such' " \
	several $'[service a]\ncommand = sleep 9\nuser = no-such'

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
