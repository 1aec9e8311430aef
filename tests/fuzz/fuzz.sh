#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh - a session of each fuzz target
#
#   fuzz.sh BUILD-FOLDER SECONDS
#
# BUILD-FOLDER is one of the preset `fuzz`. What is new and interesting is kept in
# BUILD-FOLDER/corpus/NAME; what fails, in BUILD-FOLDER/found-NAME-*. The corpora here
# are read and not changed.
set -eu

build=$(realpath "$1")
seconds=$2
here=$(dirname "$(realpath "$0")")
failures=0

for target in "$build"/tests/fuzz/fuzz_*; do
  [ -x "$target" ] && [ -f "$target" ] || continue
  name=${target##*/fuzz_}
  mkdir -p "$build/corpus/$name"
  if ! "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/found-$name-" "$build/corpus/$name" "$here/corpus/$name" \
    2>"$build/fuzz-$name.log"; then
    failures=$((failures + 1))
    tail -n 60 "$build/fuzz-$name.log"
  fi
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz-$name.log") executions"
done
[ "$failures" -eq 0 ]
