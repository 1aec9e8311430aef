#!/bin/bash
# max_parallel, priorities, concurrency groups, resources that nobody has, labels.
. "$(dirname "$0")/lib.sh"

repository p
running() { [ "$(value "select count(*) from steps where run = $1 and state = 'running'")" -gt 0 ]; }
submitted() { [ "$(value "select count(*) from runs where id = $1")" = 1 ]; }
# overlaps RUN: the most attempts that ran at once.
overlaps() {
	value "select max(n) from (select (select count(*) from attempts b where b.run = a.run
		and b.started_at <= a.started_at and b.finished_at > a.started_at) n
		from attempts a where a.run = $1)"
}

say "max_parallel"
pipeline <<'END'
defaults: { sources: [], cache: false }
steps:
  one:
    matrix: { n: [1, 2, 3], max_parallel: 1 }
    run: sleep 0.1
    resources: { cpu: 0.1 }
END
exits 0 ingot run --workers 3
same "at once" "$(overlaps 1)" 1

say "a higher priority goes first"
pipeline <<'END'
defaults: { sources: [], cache: false }
steps:
  low: { run: "sleep 0.02", priority: -5, matrix: { n: [1, 2] } }
  high: { run: "sleep 0.02", priority: 5, matrix: { n: [1, 2] } }
  middle: { run: "sleep 0.02" }
END
exits 0 ingot run --workers 1
same "order" "$(value "select distinct job from steps where run = 2 order by started_at" | paste -sd' ')" \
	"high middle low"

say "steps of one concurrency group run one after the other"
pipeline <<'END'
defaults: { sources: [], cache: false, resources: { cpu: 0.1 } }
steps:
  a: { run: "sleep 0.1", concurrency: shared }
  b: { run: "sleep 0.1", concurrency: shared }
  c: { run: "sleep 0.1", concurrency: { group: shared } }
END
exits 0 ingot run --workers 3
same "at once" "$(overlaps 3)" 1

say "runs of one group: the second waits, and why says so"
pipeline <<'END'
concurrency: { group: alone }
steps: { s: { sources: [], cache: false, run: "sleep 0.7" } }
END
ingot run -q &
first=$!
wait_for 10 running 4
ingot run -q &
second=$!
wait_for 10 submitted 5
exits 0 ingot why 5
shows "alone"
wait $first $second
same "one after the other" \
	"$(value "select a.finished_at <= b.started_at from runs a, runs b where a.id = 4 and b.id = 5")" 1

say "policy skip and cancel_running"
sed -i 's/{ group: alone }/{ group: alone, policy: cancel_running }/; s/0.7/20/' ingot.yaml
commit "cancel_running"
ingot run -q &
first=$!
wait_for 10 running 6
sed -i 's/sleep 20/true/' ingot.yaml
commit "quick"
exits 0 ingot run
wait $first && fail "the first run was not cancelled"
same "states" "$(value "select state from runs where id in (6, 7)" | paste -sd' ')" "cancelled succeeded"

say "more than any worker has: said at once"
pipeline <<'END'
steps:
  first: { sources: [], run: "sleep 1" }
  huge: { sources: [], run: "true", resources: { memory: 900TiB } }
END
exits 1 ingot run
shows "huge"
shows "900.0 TiB of memory"
same "said before the others were done" \
	"$(value "select a.finished_at < b.finished_at from steps a, steps b
	where a.run = 8 and b.run = 8 and a.step = 'huge' and b.step = 'first'")" 1
sed -i 's/memory: 900TiB/labels: [quantum]/' ingot.yaml
commit "label"
exits 1 ingot run
shows "quantum"
