#!/usr/bin/env bash
# Goal: job control on a terminal as without baton; without one, no trouble.
. "$(dirname "$0")/lib.sh"
BUILD=$build TMPDIR=$work timeout 90 python3 -B tests/system/terminal.py </dev/null || failures=1
finish
