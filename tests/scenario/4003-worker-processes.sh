#!/bin/bash
# No process outlives its step: a daemon, a double fork, one that ignores TERM, closes all.
. "$(dirname "$0")/lib.sh"

repository p
# alive NAME: processes with that word in their command line.
alive() { pgrep -fc -- "$1" || true; }
tag=scenario-$$

say "what a step leaves behind ends with it"
pipeline <<END
defaults: { sources: [] }
steps:
  daemon: { run: "setsid python3 -c 'import time; time.sleep(300)' $tag-daemon >/dev/null 2>&1 </dev/null & sleep 0.1" }
  double: { run: "(setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 0.2; done' $tag-double >/dev/null 2>&1 &) ; sleep 0.1" }
  holder: { run: "sh -c 'sleep 300' $tag-holder & sleep 0.1; exit 0" }
END
began=$SECONDS
exits 0 ingot run
same "left" "$(alive "$tag")" 0
[ $((SECONDS - began)) -lt 10 ] || fail "it took $((SECONDS - began)) s"

say "TERM is ignored: KILL after the grace"
pipeline <<END
steps:
  stubborn:
    sources: []
    grace: 300ms
    run: |
      trap '' TERM
      echo begun
      sh -c 'trap "" TERM; while :; do sleep 0.1; done' $tag-stubborn
END
ingot run -q &
client=$!
wait_for 10 bash -c "ingot logs 2 stubborn | grep -q begun"
ingot cancel 2 >/dev/null
wait $client && fail "succeeded"
same "state" "$(state 2 stubborn)" cancelled
same "left" "$(alive "$tag")" 0

say "killed by a signal: it says which"
pipeline <<'END'
steps: { s: { sources: [], run: 'kill -SEGV $$' } }
END
exits 1 ingot run
exits 0 ingot why 3/s
grep -qiE 'signal 11|SIGSEGV' "$T/out" || fail "$(cat "$T/out")"

say "a log without end: cut, with a word about it"
pipeline <<'END'
steps: { s: { sources: [], run: 'echo first; head -c 90M /dev/zero | tr "\0" "x" | fold -w 99; echo; echo last' } }
END
exits 0 ingot run
size=$(stat -c %s "$(find "$INGOT_HOME/logs" -type f -size +1M | head -1)")
[ "$size" -le $((66 * 1024 * 1024)) ] || fail "the log has $size bytes"
ingot logs 4 s >log
same "its first line" "$(head -1 log)" first
same "its last line" "$(tail -1 log)" last
grep -aqE 'left out|limit' log || fail "no word about the limit"
