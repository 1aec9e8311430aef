#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test_check_floors.sh - check_floors.sh finds each kind of wrong include, and only those
set -eu

check=$(dirname "$(realpath "$0")")/check_floors.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# judge EXPECTED-STATUS FILE INCLUDE...: the file with these includes, alone in a tree
judge() {
  expected=$1 file=$2
  shift 2
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/$(dirname "$file")"
  for header; do
    printf '#include %s\n' "$header"
  done >"$tree/$file"
  status=0
  "$check" "$tree" >"$tree/said" || status=$?
  if [ "$status" -ne "$expected" ]; then
    echo "$file with $*: status $status, not $expected"
    cat "$tree/said"
    failures=$((failures + 1))
  fi
}

judge 0 base/a.c '"base/err.h"' '<stdio.h>'
judge 0 store/pack/a.c '"store/blob/blob.h"' '<archive.h>'
judge 0 scheduler/engine/a.c '"scheduler/run/run.h"' '"scheduler/queue/queue.h"'
judge 0 scheduler/daemon/a.c '"workers/wire/wire.h"' '"store/db/db.h"' '<uv.h>'
judge 0 cli/a.c '"web/web.h"' '"scheduler/daemon/daemon.h"'
judge 0 store/db/a.c '"store/db/db_priv.h"' '<sqlite3.h>'

judge 1 base/a.c '"store/blob/blob.h"'               # up a floor
judge 1 store/db/a.c '"store/records/records.h"'     # up within a floor
judge 1 scheduler/run/a.c '"scheduler/queue/queue.h"' # sideways
judge 1 workers/wire/a.h '"workers/agent/agent.h"'   # from a header
judge 1 web/a.c '"cli/cmd.h"'
judge 1 store/records/a.c '"store/db/db_priv.h"'     # private
judge 1 scheduler/run/a.c '<time.h>'                 # pure
judge 1 scheduler/plan/a.c '  "base/fs.h"'
judge 1 scheduler/daemon/a.c '<sqlite3.h>'           # a library outside its room
judge 1 scheduler/pipeline/a.c '<git2/blob.h>'
judge 1 store/db/a.c '"db.h"'                        # not from the root
judge 1 scheduler/attic/a.c '"base/err.h"'           # not in the drawing
judge 1 docs/a.c '"base/err.h"'                      # no sources at all

[ "$failures" -eq 0 ]
