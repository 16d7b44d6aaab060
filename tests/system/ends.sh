#!/usr/bin/env bash
# Goal: the exit status is right; what is left is asked, awaited and killed in time; nothing is slept.
. "$(dirname "$0")/lib.sh"
BUILD=$build TMPDIR=$work timeout 120 python3 -B tests/system/ends.py </dev/null || failures=1
finish
