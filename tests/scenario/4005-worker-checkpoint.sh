#!/bin/bash
# A checkpoint survives a failed attempt, a killed one and its worker; live points are kept.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<END
steps:
  train:
    sources: []
    retry: { max: 5, backoff: 1ms }
    run: |
      n=\$(cat "\$INGOT_CHECKPOINT/n" 2>/dev/null || echo 0)
      n=\$((n + 1))
      echo \$n >"\$INGOT_CHECKPOINT/n"
      echo "{\"step\": \$n, \"loss\": 0.\$n}" >>"\$INGOT_METRICS"
      echo "attempt \$INGOT_ATTEMPT epoch \$n"
      [ \$n != 1 ] || exit 1
      [ \$n != 2 ] || { touch $T/kill-me; sleep 60; }
      echo \$n >out
    outputs: { out: out }
END
ingot run -q &
client=$!
wait_for 10 test -e "$T/kill-me"
second_runs() { [ "$(value "select attempt || state from steps")" = 2running ]; }
wait_for 10 second_runs
pgrep -f -- "worker --home $INGOT_HOME" | xargs kill -9
wait $client || fail "the run failed"
same "epoch" "$(ingot get 1/train.out -o -)" 3
same "attempts" "$(value "select group_concat(state || ' ' || coalesce(outcome, '-')) from attempts")" \
	"finished failed,expired -,finished succeeded"
same "fences rise" "$(value 'select count(distinct fence) from attempts')" 3
same "results" "$(value "select count(*) from artifacts where name = 'out'")" 1

say "afterwards there is nothing left of it"
same "checkpoints" "$(ls "$INGOT_HOME/checkpoints" | wc -l)" 0

say "the log of each attempt can be read"
shows "attempt 1 epoch 1" <(ingot logs 1 train --attempt 1)
shows "attempt 3 epoch 3" <(ingot logs 1 train)
