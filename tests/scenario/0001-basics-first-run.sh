#!/bin/bash
# A first run: six training instances over two workers, a gate, a model; again: all cached.
. "$(dirname "$0")/lib.sh"

penguins p
say "the first run computes everything, in two worker processes"
exits 0 ingot run --workers 2 -p "target=$T/target"
shows "evaluate succeeded"
shows "accuracy="
shows "run 1 succeeded"
same "states" "$(states 1 | cut -d' ' -f2 | sort | uniq -c | tr -s ' ')" " 9 succeeded"
same "instances of train" "$(states 1 | grep -c '^train\[')" 6
same "workers" "$(value 'select count(distinct worker) from attempts where run = 1')" 2

say "the model was good enough, is registered and serves"
[ "$(value "select value >= 0.95 from metrics where step = 'evaluate' and metric = 'accuracy'")" = 1 ] ||
	fail "accuracy"
cmp "$T/target/current/model.json" <(ingot get 1/evaluate.model -o -) || fail "what serves"
ingot get model:penguins@1 -o by-name
cmp by-name "$T/target/current/model.json" || fail "model:penguins@1"

say "again: nothing but the deployment runs"
exits 0 ingot run --workers 2 -p "target=$T/target"
same "states" "$(states 2 | cut -d' ' -f2 | sort | uniq -c | tr -s ' ' | paste -sd,)" \
	" 8 cached, 1 succeeded"
same "commands started" "$(value 'select count(*) from attempts where run = 2')" 1
exits 0 ingot why 2/prepare
shows "since 1/prepare"
