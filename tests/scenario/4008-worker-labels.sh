#!/bin/bash
# A worker that a person starts, with labels and slots of its own, gets the steps that ask for them.
. "$(dirname "$0")/lib.sh"

ingot scheduler --home "$INGOT_HOME" --linger always --workers 1 >/dev/null 2>&1 &
wait_for 10 test -e "$INGOT_HOME/ingot.sock"
repository p
pipeline <<'END'
defaults: { sources: [], cache: false }
steps:
  special: { run: "sleep 0.2", matrix: { n: [1, 2] }, resources: { labels: [quantum] } }
  plain: { run: "true" }
END
say "nobody has the label: said at once"
exits 1 ingot run
shows "quantum"

say "a worker that has it does them, two at once"
ingot worker --home "$INGOT_HOME" --name q1 --label quantum --slots 2 >"$T/q1.log" 2>&1 &
worker=$!
there() { [ "$(value "select count(*) from worker where name = 'q1' and is_connected")" = 1 ]; }
wait_for 10 there
exits 0 ingot run
same "by whom" "$(value "select distinct worker from steps where run = 2 and job = 'special'")" q1
same "at once" "$(value "select count(*) from attempts a, attempts b where a.run = 2 and b.run = 2
	and a.step = 'special[n=1]' and b.step = 'special[n=2]'
	and a.started_at < b.finished_at and b.started_at < a.finished_at")" 1

say "it leaves on TERM, and is not waited for"
kill $worker
wait $worker || fail "exit $?"
exits 1 ingot run
