#!/bin/bash
# gc removes what nothing needs, keeps what is needed, and the records stay.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
params: { n: 1 }
steps:
  s: { sources: [], run: 'echo "${{ params.n }}" >out; echo "named ${{ params.n }}" >kept', outputs: { out: out, kept: { path: kept, name: kept } } }
END
for n in 1 2 3; do exits 0 ingot run -p n=$n; done
blobs() { find "$INGOT_HOME/blobs" -path '*/staging' -prune -o -type f -print | wc -l; }
before=$(blobs)

say "what is younger than an hour stays"
exits 0 ingot gc --keep-runs 1
same "blobs" "$(blobs)" "$before"

say "of older runs the contents go; named versions stay"
find "$INGOT_HOME/blobs" -type f -exec touch -a -d '2 hours ago' {} +
exits 0 ingot gc --keep-runs 1 --dry-run
shows "would be removed"
same "blobs" "$(blobs)" "$before"
exits 0 ingot gc --keep-runs 1
[ "$(blobs)" -lt "$before" ] || fail "nothing was removed"
same "the latest" "$(ingot get 3/s.out -o -)" 3
same "a version" "$(ingot get artifact:kept@1 -o -)" "named 1"
exits 1 ingot get 1/s.out -o -
same "runs" "$(value 'select count(*) from runs')" 3
exits 0 ingot fsck

say "what was collected is made again when it is needed"
exits 0 ingot run -p n=1
same "made again" "$(ingot get 4/s.out -o -)" 1
