#!/bin/bash
# Inputs from outside the run: a version, a model, a digest.
. "$(dirname "$0")/lib.sh"

repository maker
pipeline <<'END'
name: maker
params: { text: one }
steps:
  s: { sources: [], run: "echo ${{ params.text }} >out", outputs: { out: { path: out, name: words } } }
END
exits 0 ingot run
exits 0 ingot run -p text=two

say "each of them arrives"
repository taker
pipeline <<END
name: taker
steps:
  s:
    sources: []
    inputs:
      newest: artifact:words@latest
      first: artifact:words@1
      digest: sha256:$(echo two | sha256sum | cut -d' ' -f1)
    run: cat inputs/newest inputs/first inputs/digest >out
    outputs: { out: out }
END
exits 0 ingot run
same "content" "$(ingot get 3/s.out -o - | paste -sd' ')" "two one two"
exits 0 ingot lineage 3/s.out
shows "text = \"two\""

say "again: from the cache"
exits 0 ingot run
same "s" "$(state 4 s)" cached

say "a new version of an input is a reason to run"
cd "$T/maker"
exits 0 ingot run -p text=three
cd "$T/taker"
exits 0 ingot run
same "content" "$(ingot get latest/s.out -o - | head -1)" three
exits 0 ingot why latest/s
shows "newest"

say "an address that names nothing is said"
sed -i 's/artifact:words@1/artifact:wrods@1/' ingot.yaml
commit "wrods"
code=0
ingot run >"$T/out" 2>"$T/err" || code=$?
[ $code != 0 ] || fail "an artifact that is not there was taken"
shows "wrods"
exits 0 ingot fsck
