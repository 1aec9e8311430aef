#!/bin/bash
# A worker is stopped for longer than its lease: its step runs elsewhere, the stopped one's
# command is ended by its guard, and what it says afterwards is refused.
. "$(dirname "$0")/lib.sh"

ingot scheduler --home "$INGOT_HOME" --lease 1500ms --linger always --workers 2 >scheduler.out 2>&1 &
wait_for 10 test -e "$INGOT_HOME/ingot.sock"
repository p
pipeline <<END
steps:
  s:
    sources: []
    run: |
      echo "\$INGOT_FENCE \$\$" >>$T/starts
      [ "\$(wc -l <$T/starts)" -gt 1 ] || sleep 30
      echo "\$INGOT_FENCE" >out
    outputs: { out: out }
  other: { sources: [], run: "sleep 1; echo 1 >out", outputs: { out: out } }
END
ingot run -q --workers 2 >"$T/run.log" 2>&1 &
client=$!
wait_for 10 test -s "$T/starts"
running() { [ "$(state 1 s)" = running ]; }
wait_for 10 running
worker=$(value "select worker from steps where step = 's'")
pid=$(value "select pid from worker where name = '$worker'")
kill -STOP "$pid"

say "the step runs again on the other worker"
wait $client || fail "$(cat "$T/run.log")"
kill -CONT "$pid"
same "attempts" "$(value "select group_concat(state) from attempts where step = 's'")" "expired,finished"
same "the result is of the later one" "$(ingot get 1/s.out -o -)" "$(tail -1 "$T/starts" | cut -d' ' -f1)"

say "the first command has been ended, and nothing of it is recorded"
gone() { ! pgrep -f "sleep 30" --parent "$(pgrep -f -d, -- "$INGOT_HOME")" >/dev/null; }
wait_for 5 gone
same "results" "$(value "select count(*) from artifacts where step = 's'")" 1
exits 0 ingot fsck

say "the worker that was silent is of use again, or has been replaced"
exits 0 ingot run --no-cache --workers 2
