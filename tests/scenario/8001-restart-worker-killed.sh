#!/bin/bash
# kill -9 of workers and spawners: their steps run again, results are recorded once.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<END
defaults: { sources: [] }
steps:
  s:
    matrix: { n: [1, 2] }
    run: |
      echo "\$INGOT_STEP \$INGOT_FENCE" >>$T/starts
      [ -e $T/go ] || sleep 60
      echo \$INGOT_ATTEMPT >out
    outputs: { out: out }
END
both_started() {
	[ "$(wc -l <"$T/starts")" = 2 ] && [ "$(value "select count(*) from steps where state = 'running'")" = 2 ]
}

say "both workers die: both steps run again"
ingot run --workers 2 >$T/run.log 2>&1 &
client=$!
wait_for 10 both_started
touch "$T/go"
pkill -9 -f -- "worker --home $INGOT_HOME"
wait $client || fail "$(cat $T/run.log)"
same "attempts" "$(value "select step || ' ' || attempt || ' ' || state from attempts order by 1" | paste -sd,)" \
	"s[n=1] 1 expired,s[n=1] 2 finished,s[n=2] 1 expired,s[n=2] 2 finished"
same "results" "$(value 'select count(*) from result')" 2
same "starts" "$(sort -u "$T/starts" | wc -l)" 4

say "an adopted worker, too: the scheduler is killed first"
rm "$T/go" "$T/starts"
ingot run --workers 2 --no-cache >$T/run.log 2>&1 &
client=$!
wait_for 10 both_started
before=$(scheduler_pid)
kill -9 "$before"
back() { [ -n "$(scheduler_pid)" ] && [ "$(scheduler_pid)" != "$before" ]; }
wait_for 10 back
wait_for 10 bash -c "[ \$(ingot sql 'select count(*) from worker where is_connected' | tail -1) = 2 ]"
same "workers" "$(pgrep -f -- "worker --home $INGOT_HOME" | while read -r pid; do
	[ "$(ps -o ppid= -p "$pid")" -gt 1 ] || echo "$pid"; done | wc -l)" 2
same "still the first attempts" "$(value "select max(attempt) from steps where run = 2")" 1
touch "$T/go"
pkill -9 -f -- "worker --home $INGOT_HOME"
wait $client || fail "$(cat $T/run.log)"
same "second attempts" "$(value "select min(attempt) || max(attempt) from steps where run = 2")" 22
same "results" "$(value "select count(*) from result where step_id >> 24 = 2")" 2
exits 0 ingot fsck
