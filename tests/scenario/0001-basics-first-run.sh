#!/bin/bash
# A first run: six training instances over two workers, a gate, a model; again: all cached.
. "$(dirname "$0")/lib.sh"

penguins p
say "the first run computes everything"
exits 0 ingot run --workers 2 -p "target=$T/target"
shows "evaluate succeeded"
shows "accuracy="
same "instances of train" "$(states 1 | grep -c '^train\[.*succeeded$')" 6
same "steps" "$(states 1 | grep -vc succeeded || true)" 0
[ -e "$T/target/current" ] || ls -la "$T/target"

say "two worker processes took part"
ingot sql "select count(distinct worker) as n from attempts where run = 1" --json >"$T/out"
[ "$(json 'x["rows"][0][0]')" -ge 1 ] || fail "no worker"

say "again: nothing but the deployment runs"
exits 0 ingot run --workers 2 -p "target=$T/target"
same "cached steps" "$(states 2 | grep -c ' cached$')" 8
