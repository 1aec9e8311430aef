#!/bin/bash
# logs -f follows until the end; shell rebuilds a step's workspace; queue and why while it waits.
. "$(dirname "$0")/lib.sh"

repository p
echo data >file
pipeline <<END
defaults: { sources: [file], cache: false }
steps:
  talk:
    run: |
      for i in 1 2 3 4 5; do echo "line \$i"; sleep 0.1; done
      printf 'no newline \\033[31m'
      touch $T/gone
      while [ -e $T/hold ]; do sleep 0.05; done
  behind: { run: "cat file; exit 4", needs: [talk], params: {} }
END
sed -i 's/, params: {}//' ingot.yaml
git commit -qam fix
touch "$T/hold"
ingot run -q >/dev/null 2>&1 &
client=$!
wait_for 10 bash -c "ingot logs 1 talk 2>/dev/null | grep -q 'line 1'"

say "while it runs: why the other waits, what is queued"
exits 0 ingot why 1/behind
shows "talk"
exits 0 ingot queue
shows "behind"

say "logs -f ends with the step, byte for byte"
ingot logs 1 talk -f >followed &
follower=$!
wait_for 10 test -e "$T/gone"
rm "$T/hold"
wait $follower
printf 'line 1\nline 2\nline 3\nline 4\nline 5\nno newline \033[31m' >want
cmp followed want || fail "followed: $(cat -A followed)"
wait $client && fail "behind did not fail"
exits 0 ingot logs 1
shows "behind"
shows "data"

say "shell: the sources, the environment, the command's code"
exits 0 ingot shell 1/behind -- cat file
same "file" "$(cat "$T/out")" data
exits 0 ingot shell 1/behind -- sh -c 'echo $INGOT_STEP; ls'
same "what is there" "$(paste -sd' ' "$T/out")" "behind file"
exits 7 ingot shell 1/behind -- sh -c 'exit 7'
exits 1 ingot shell 1/nothing -- true
same "removed afterwards" "$(ls "$INGOT_HOME/work" | grep -c shell || true)" 0

say "a reader that goes away disturbs nobody"
ingot logs 1 | head -1 >/dev/null || true
exits 0 ingot runs
