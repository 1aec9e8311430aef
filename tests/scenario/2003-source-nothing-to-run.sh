#!/bin/bash
# No repository, no such ref, no commit: one line that names it, and what helps.
. "$(dirname "$0")/lib.sh"

say "no repository"
mkdir plain
exits 1 ingot run plain
shows "plain"
shows "epository"
exits 1 ingot run "$T/not-there"
shows "not-there"

say "a repository of its own without a commit"
repository p
printf 'steps: { s: { run: "true" } }\n' >ingot.yaml
exits 1 ingot run
shows "commit"

say "a ref that does not exist, with the nearest that does"
commit "first"
git branch feature/rates
git tag v1.0
exits 1 ingot run --ref feature/rate
shows "feature/rate"
shows "did you mean 'feature/rates'?"
exits 1 ingot run --ref v1.O
shows "did you mean 'v1.0'?"
exits 1 ingot run --ref 0123456789012345678901234567890123456789
shows "0123456789"

say "what looks like an option or a command is none"
exits 1 ingot run --ref=--upload-pack=touch
exits 2 ingot run --ref 'x; touch pwned'
exits 1 ingot run -- 'ext::sh -c touch% pwned'
exits 1 ingot run -- '-oProxyCommand=touch pwned'
[ ! -e pwned ] || fail "a word was executed"

say "nothing of it is on record, and HEAD runs"
same "runs" "$(value 'select count(*) from runs')" 0
exits 0 ingot run
