#!/usr/bin/env bash
# Goal: job control and suspension on a terminal as without baton; without one, no trouble.
. "$(dirname "$0")/lib.sh"
for tests in terminal suspend; do
	BUILD=$build TMPDIR=$work timeout 90 python3 -B "tests/system/$tests.py" </dev/null || failures=1
done
finish
