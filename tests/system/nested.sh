#!/usr/bin/env bash
# Goal: baton is a good init where it is not PID 1, and ends its own tree and nothing else.
. "$(dirname "$0")/lib.sh"
BUILD=$build TMPDIR=$work timeout 90 python3 -B tests/system/nested.py </dev/null || failures=1
finish
