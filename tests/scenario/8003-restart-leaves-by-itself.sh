#!/bin/bash
# The scheduler comes with the first command and leaves when nobody needs it, with all it started.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
steps: { s: { sources: [], run: "echo 1 >out", outputs: { out: out } } }
END
exits 0 ingot run
[ -n "$(scheduler_pid)" ] || fail "it left at once"

say "a second one is refused"
exits 5 ingot scheduler
shows "another scheduler"

say "alone it leaves within seconds"
wait_for 8 test ! -e "$INGOT_HOME/ingot.sock"
left() { [ -z "$(processes)" ]; }
wait_for 5 left

say "TERM ends it in the middle of a run, which goes on at the next command"
cat >ingot.yaml <<END
steps: { s: { sources: [], run: "touch $T/begun; while [ ! -e $T/go ]; do sleep 0.02; done" } }
END
commit slow
ingot run -q >/dev/null 2>&1 &
client=$!
wait_for 10 test -e "$T/begun"
kill -9 $client
kill "$(scheduler_pid)"
wait_for 10 left
touch "$T/go"
exits 0 ingot wait latest
same "state" "$(state 2 s)" succeeded

say "a socket that a dead one left, a lock file of another: no trouble"
kill -9 "$(scheduler_pid)"
[ -e "$INGOT_HOME/ingot.sock" ] || fail "no socket is left"
exits 0 ingot runs
