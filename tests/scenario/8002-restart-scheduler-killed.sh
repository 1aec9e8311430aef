#!/bin/bash
# kill -9 of the scheduler in the middle of a run: steps go on, the client comes back or says
# so, the next command continues the run, and what was recorded stays.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<END
defaults: { sources: [] }
steps:
  first: { run: "echo \$INGOT_FENCE >>$T/first; echo 1 >out", outputs: { out: out } }
  second:
    inputs: { in: first.out }
    run: |
      echo \$INGOT_FENCE >>$T/second
      while [ ! -e $T/go ]; do sleep 0.02; done
      echo 2 >out
    outputs: { out: out }
  third: { inputs: { in: second.out }, run: "cat inputs/in >out", outputs: { out: out } }
END
say "the client starts it again and sees the run to its end; the step never noticed"
ingot run >$T/run.log 2>&1 &
client=$!
wait_for 10 test -s "$T/second"
kill -9 "$(scheduler_pid)"
wait_for 10 grep -q "scheduler has gone" $T/run.log
touch "$T/go"
wait $client || fail "$(cat $T/run.log)"
same "starts" "$(cat "$T/first" "$T/second" | wc -l)" 2
same "attempts" "$(value 'select max(attempt) from steps')" 1
same "states" "$(value "select distinct state from steps")" succeeded
same "third" "$(ingot get 1/third.out -o -)" 2

say "client and scheduler killed: the next command continues the run"
rm "$T/go" "$T/second"
ingot run --no-cache >$T/run.log 2>&1 &
client=$!
wait_for 10 test -s "$T/second"
kill -9 $client "$(scheduler_pid)"
wait $client 2>/dev/null || true
touch "$T/go"
sleep 0.3
exits 0 ingot wait latest
same "starts of second" "$(wc -l <"$T/second")" 1
same "states" "$(value "select distinct state from steps where run = 2")" succeeded
same "results" "$(value 'select count(*) from result')" 6

say "everything killed, as when the power fails"
left() { [ -z "$(processes)" ]; }
rm "$T/go" "$T/second"
ingot run --no-cache >$T/run.log 2>&1 &
client=$!
wait_for 10 test -s "$T/second"
kill -9 $client "$(scheduler_pid)" $(pgrep -f -- "worker --home $INGOT_HOME")
wait $client 2>/dev/null || true
wait_for 5 left
touch "$T/go"
began=$SECONDS
exits 0 ingot wait latest
[ $((SECONDS - began)) -lt 10 ] || fail "it waited for the dead: $((SECONDS - began)) s"
same "starts of second" "$(wc -l <"$T/second")" 2
same "attempts" "$(value "select group_concat(state) from attempts where run = 3 and step = 'second'")" \
	"expired,finished"
exits 0 ingot fsck
