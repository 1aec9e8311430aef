#!/bin/bash
# A definition that is no definition: said clearly, exit 2, nothing runs.
. "$(dirname "$0")/lib.sh"

repository p
# refused TEXT: the file as it is gives this message from check and from run.
refused() {
	exits 2 ingot check
	shows "$1"
	commit "broken"
	exits 2 ingot run
	shows "$1"
}

say "missing"
echo hello >README
commit "nothing to run"
exits 1 ingot run
shows "has no ingot.yaml"
exits 1 ingot check
shows "ingot.yaml"

say "empty, or words only"
: >ingot.yaml
refused "error[empty]"
echo "hello" >ingot.yaml
refused "error[wrong-type]"

say "binary, and UTF-16"
head -c 4096 /dev/urandom >ingot.yaml
printf '\xff\x00\x01' >>ingot.yaml
exits 2 ingot check
shows "error["
printf 'steps:\n  a: { run: "true" }\n' | iconv -t UTF-16 >ingot.yaml
refused "error[not-utf-8]"

say "hostile: aliases, depth, size, duplicate keys, a tag, two documents"
printf 'a: &a [x, x]\nb: [*a, *a]\nsteps: { s: { run: "true" } }\n' >ingot.yaml
refused "error[alias]"
python3 -c 'print("x: " + "[" * 100000)' >ingot.yaml
refused "error[too-deep]"
python3 -c 'print("description: " + "x" * 300000)' >ingot.yaml
refused "larger than"
printf 'steps:\n  s: { run: "true" }\n  s: { run: "false" }\n' >ingot.yaml
refused "error[duplicate-key]"
printf 'steps:\n  s: { run: !!python/object "true" }\n' >ingot.yaml
refused "error[tag]"
printf 'steps: { s: { run: "true" } }\n---\nsteps: { s: { run: "true" } }\n' >ingot.yaml
refused "error[several-documents]"

say "terminal sequences in it reach no terminal"
printf 'steps:\n  "s\\x1b[2J": { run: "true" }\n' >ingot.yaml
exits 2 ingot check
! grep -q $'\x1b' "$T/out" "$T/err" || fail "an escape was printed"

say "nothing of all that is on record"
same "runs" "$(value 'select count(*) from runs')" 0

say "several definitions: one is named"
rm ingot.yaml
mkdir .ingot
printf 'steps: { s: { run: "true" } }\n' | tee .ingot/one.yaml >.ingot/two.yaml
commit "two"
exits 2 ingot run
shows "one"
shows "two"
exits 1 ingot run --pipeline tow
shows ".ingot/two.yaml"
exits 0 ingot run --pipeline two
