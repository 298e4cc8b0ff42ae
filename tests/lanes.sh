#!/usr/bin/env bash
# tests/lanes.sh MARK LANE…: runs pytest side by side, once for each LANE (its arguments, in one word), the last one live.
# Each has a TMPDIR, and so the lock on measuring, of its own. Fails if any of them does.
set -uo pipefail
cd "$(dirname "$0")/.."
mark=$1
shift

run() {
    TMPDIR=$(mktemp -d)
    export TMPDIR
    chmod 755 "$TMPDIR" # a cluster's daemons are others
    # shellcheck disable=SC2086  (several words are meant)
    .venv/bin/pytest -m "$mark" $1
}

logs=$(mktemp -d)
running=()
while [ $# -gt 1 ]; do
    (run "$1") >"$logs/${#running[@]}" 2>&1 &
    running+=($!)
    shift
done
failed=0
(run "$1") || failed=1
for number in "${!running[@]}"; do
    wait "${running[$number]}" || failed=1
    cat "$logs/$number"
done
exit $failed
