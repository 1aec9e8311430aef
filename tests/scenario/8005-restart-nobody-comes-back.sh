#!/bin/bash
# The scheduler is killed and nobody starts another: workers fence themselves when their lease
# is over, their steps end, and no process stays. Later the run is continued.
. "$(dirname "$0")/lib.sh"

ingot scheduler --home "$INGOT_HOME" --lease 1500ms --workers 2 >/dev/null 2>&1 &
wait_for 10 test -e "$INGOT_HOME/ingot.sock"
repository p
pipeline <<END
steps:
  s:
    sources: []
    run: |
      trap 'echo "\$INGOT_FENCE was asked to end" >>$T/ends; exit 1' TERM
      echo "\$INGOT_FENCE" >>$T/starts
      [ -e $T/go ] || { sleep 60 & wait; }
      echo "\$INGOT_FENCE" >out
    outputs: { out: out }
END
ingot run -q >/dev/null 2>&1 &
client=$!
wait_for 10 test -s "$T/starts"

say "all that is left ends by itself, the step by TERM first"
kill -9 $client "$(scheduler_pid)"
left() { [ -z "$(processes)" ]; }
wait_for 10 left
same "TERM" "$(wc -l <"$T/ends")" 1

say "the next command continues the run"
touch "$T/go"
exits 0 ingot wait latest
same "state" "$(state 1 s)" succeeded
same "the result is of the later attempt" "$(ingot get 1/s.out -o -)" "$(tail -1 "$T/starts")"
same "starts" "$(sort -u "$T/starts" | wc -l)" 2
exits 0 ingot fsck
