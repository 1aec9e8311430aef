#!/bin/bash
# cancel, wait, retry, Ctrl-C once and twice, two runs at once in one home.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
params: { how: 30 }
steps:
  first: { sources: [], run: "echo 1 >out", outputs: { out: out } }
  second:
    sources: []
    inputs: { in: first.out }
    grace: 5s
    run: |
      trap 'echo kindly; exit 1' TERM
      echo begun
      sleep ${{ params.how }} & wait
  cleanup: { sources: [], run: "true", finally: true }
END
begun() { ingot logs "$1" second | grep begun; }

say "cancel: kindly, and cleanup still runs"
ingot run >$T/run.log 2>&1 &
client=$!
wait_for 10 begun 1
exits 0 ingot cancel 1
exits 1 ingot wait 1
wait $client && fail "a cancelled run exits 0"
same "run" "$(value 'select state from runs where id = 1')" cancelled
same "second" "$(state 1 second)" cancelled
same "cleanup" "$(state 1 cleanup)" succeeded
ingot logs 1 second >log
shows kindly log

say "Ctrl-C once: the same, exit 130"
ingot run >$T/run.log 2>&1 &
client=$!
wait_for 10 begun 2
kill -INT $client
code=0
wait $client || code=$?
same "exit code" $code 130
shows "cancelling run 2" $T/run.log
same "run" "$(value 'select state from runs where id = 2')" cancelled

say "Ctrl-C twice: at once, whatever the grace is"
sed -i "s/trap 'echo kindly; exit 1' TERM/trap '' TERM/; s/grace: 5s/grace: 10m/; s/& wait/; sleep 30/" ingot.yaml
commit "stubborn"
ingot run >"$T/run.log" 2>&1 &
client=$!
wait_for 10 begun 3
kill -INT $client
wait_for 5 grep -q "cancelling run 3" "$T/run.log"
kill -INT $client
code=0
wait $client || code=$?
same "exit code" $code 130
over() { [ "$(value 'select state from runs where id = 3')" = cancelled ]; }
wait_for 5 over
git revert --no-edit HEAD >/dev/null

say "wait with a limit leaves the run alone"
ingot run -q >$T/run.log 2>&1 &
client=$!
wait_for 10 begun 4
exits 124 ingot wait 4 --timeout 200ms
same "run" "$(value 'select state from runs where id = 4')" running
ingot cancel 4 >/dev/null
wait $client || true

say "retry: a new run, what succeeded comes from the cache"
exits 1 ingot retry 99
exits 0 ingot run -p how=0
same "first" "$(state 5 first)" cached
exits 0 ingot retry 5
same "all" "$(states 6 | paste -sd,)" "first cached,second cached,cleanup succeeded"
same "parameters" "$(value "select value from params where run = 6")" 0

say "two at once in one home, with no scheduler yet"
kill "$(scheduler_pid)"
wait_for 10 test ! -e "$INGOT_HOME/ingot.sock"
ingot run -q -p how=1 &
a=$!
ingot run -q -p how=2 &
b=$!
wait $a || fail "the one"
wait $b || fail "the other"
same "runs" "$(value "select count(*) from runs where state = 'succeeded'")" 4
same "schedulers" "$(pgrep -fc -- "scheduler --home $INGOT_HOME")" 1
