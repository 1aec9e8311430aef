#!/bin/bash
# A byte of a blob flips: fsck finds it, no step gets it, what made it runs again.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
params: { n: 1 }
steps:
  make: { sources: [], run: "echo precious >out", outputs: { out: out } }
  use: { sources: [], inputs: { in: make.out }, run: "cat inputs/in >out; echo ${{ params.n }} >>out", outputs: { out: out } }
END
exits 0 ingot run
exits 0 ingot fsck
digest=$(echo precious | sha256sum | cut -d' ' -f1)
blob=$INGOT_HOME/blobs/${digest:0:2}/$digest
[ -f "$blob" ] || fail "no blob $digest"
flip() {
	chmod u+w "$blob"
	printf 'X' | dd of="$blob" conv=notrunc status=none
	chmod u-w "$blob"
}

say "found by fsck, set aside, never handed out"
flip
exits 5 ingot fsck
shows "$digest"
exits 1 ingot get 1/make.out -o - || exits 5 ingot get 1/make.out -o -
same "copied" "$(cat "$T/out")" ""

say "its step runs again, and all is well"
exits 0 ingot run -p n=2
same "make" "$(state 2 make)" succeeded
same "use" "$(ingot get 2/use.out -o - | paste -sd' ')" "precious 2"
exits 0 ingot fsck

say "found as it is handed to a step, with no fsck before"
flip
exits 1 ingot run -p n=3
shows "damaged"
same "use started" "$(value "select count(*) from attempts where run = 3 and step = 'use' and exit_code = 0")" 0
exits 0 ingot run -p n=3
same "use" "$(ingot get 4/use.out -o - | paste -sd' ')" "precious 3"
exits 0 ingot fsck

say "one that has gone altogether"
rm -f "$blob"
exits 5 ingot fsck
shows "$digest"
exits 0 ingot run -p n=4
same "use" "$(ingot get 5/use.out -o - | paste -sd' ')" "precious 4"
exits 0 ingot fsck
