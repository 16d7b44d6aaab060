#!/usr/bin/env bash
# Goal: every system call that PID 1 makes fails once. It neither crashes nor hangs nor spins, leaves
# nobody behind, and either goes on serving or ends with a sentence and a status that is not 0.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || { skip "faults" "a PID namespace is needed, and so root"; finish; }
[ -x "$build/fault" ] || { skip "faults" "no $build/fault: it is made for x86-64"; finish; }
for tool in readelf addr2line; do
	command -v "$tool" >/dev/null || { skip "faults" "no $tool (package binutils)"; finish; }
done
BUILD=$build timeout 300 tests/fault/run </dev/null || failures=1
finish
