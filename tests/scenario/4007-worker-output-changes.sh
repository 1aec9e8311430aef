#!/bin/bash
# An output that somebody still writes to is never stored half: what is recorded hashes to
# its name, whatever the writer did.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<END
defaults: { sources: [] }
steps:
  growing:
    run: |
      (while echo more >>out; do :; done) &
      sleep 0.05
      head -c 3M /dev/zero >>out
    outputs: { out: out }
  hardlinked:
    run: |
      echo first >out
      ln out $T/mine 2>/dev/null || cp out $T/mine
    outputs: { out: out }
END
say "a writer in the background is ended before the file is read"
exits 0 ingot run
exits 0 ingot fsck

say "a second name of the file outside cannot change what was stored"
chmod u+w "$T/mine"
echo spoilt >"$T/mine"
code=0
ingot get 1/hardlinked.out -o copy >"$T/out" 2>&1 || code=$?
if [ $code = 0 ]; then
	same "content" "$(cat copy)" first
else
	shows damaged
fi
