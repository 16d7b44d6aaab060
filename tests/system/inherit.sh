#!/usr/bin/env bash
# Goal: a worker has just what baton was started with; baton and its keeper keep nothing of it.
. "$(dirname "$0")/lib.sh"
BUILD=$build TMPDIR=$work timeout 60 python3 -B tests/system/inherit.py </dev/null || failures=1
finish
