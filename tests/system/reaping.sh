#!/usr/bin/env bash
# Goal: nothing stays a zombie, however many lose their parent at once, and baton never hangs for it.
. "$(dirname "$0")/lib.sh"
BUILD=$build TMPDIR=$work timeout 120 python3 -B tests/system/reaping.py </dev/null || failures=1
finish
