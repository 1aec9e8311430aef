#!/bin/bash
# reproduce runs everything again and compares byte by byte.
. "$(dirname "$0")/lib.sh"

say "penguins comes out the same, and does not deploy again"
penguins p
exits 0 ingot run -p "target=$T/target"
exits 0 ingot reproduce 1
shows "every output is identical"
same "ran again" "$(value "select count(*) from attempts where run = 2 and state = 'finished'")" 8
same "deploy" "$(state 2 deploy)" skipped

say "a step that is not deterministic is found"
repository q
pipeline <<'END'
steps:
  same: { run: "echo 1 >out", outputs: { out: out } }
  other: { run: "date +%N >out; echo $INGOT_FENCE >>out", outputs: { out: out } }
END
exits 0 ingot run
exits 1 ingot reproduce latest
shows "not every output is identical"
same "what differs" "$(grep -c 'other.out .*differs' "$T/out")" 1
same "what does not" "$(grep -c 'same.out .*identical' "$T/out")" 1
