#!/usr/bin/env bash
# Goal: every signal that baton gets reaches its worker, or becomes what BATON_SIGNALS makes of it.
. "$(dirname "$0")/lib.sh"
BUILD=$build TMPDIR=$work timeout 120 python3 -B tests/system/signals.py </dev/null || failures=1
finish
