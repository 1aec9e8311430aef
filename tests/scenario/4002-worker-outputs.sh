#!/bin/bash
# Outputs that are none: missing, a FIFO, a device, a link out; metrics that are none.
. "$(dirname "$0")/lib.sh"

repository p
echo secret >"$T/secret"
# fails_with TEXT RUN [REST]: a step that runs RUN fails, and TEXT is said.
fails_with() {
	cat >ingot.yaml <<END
steps:
  s:
    sources: []
    run: |
      $2
    outputs: { out: out }
    ${3:-}
END
	git add -A && git commit -qm try --allow-empty
	exits 1 ingot run
	shows "$1"
	same "outputs" "$(value "select count(*) from artifacts where run = (select max(id) from runs)")" 0
}

say "missing"
fails_with "out" "true"

say "a FIFO, a socket, a device, a link to nowhere"
fails_with "out" "mkfifo out"
fails_with "out" "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"out\")'"
fails_with "out" "ln -s not-there out"

say "links out of the workspace: as the output, in it, on the way to it"
fails_with "out" "ln -s $T/secret out"
fails_with "out" "ln -s ../../../../../../../../../$T/secret out"
fails_with "out" "mkdir out; ln -s $T/secret out/in"
sed -i 's/out: out }/out: way\/secret }/' ingot.yaml
fails_with "out" "ln -s $T out"

say "a folder with a FIFO in it"
fails_with "out" "mkdir out; mkfifo out/fifo"

say "metrics: missing, broken, NaN, not numbers, a device"
fails_with "metrics.json" "echo 1 >out" "metrics: metrics.json"
fails_with "metrics.json" "echo 1 >out; echo '{\"a\": ' >metrics.json" "metrics: metrics.json"
fails_with "metrics.json" "echo 1 >out; echo '{\"a\": NaN}' >metrics.json" "metrics: metrics.json"
fails_with "metrics.json" "echo 1 >out; echo '[1, 2]' >metrics.json" "metrics: metrics.json"
fails_with "metrics.json" "echo 1 >out; ln -s /dev/zero metrics.json" "metrics: metrics.json"

say "a gate on a metric that is not there is said, not false"
cat >ingot.yaml <<'END'
steps:
  s: { sources: [], run: "echo '{\"acc\": 1}' >m", metrics: m, gates: ["accuracy > 0"] }
END
commit gate
code=0
ingot run >"$T/out" 2>"$T/err" || code=$?
[ $code = 1 ] || [ $code = 3 ] || fail "exit $code"
shows "accuracy"
exits 0 ingot fsck

say "a link that stays inside is fine"
pipeline <<'END'
steps:
  s: { sources: [], run: "mkdir out; echo 1 >out/a; ln -s a out/b", outputs: { out: out } }
END
exits 0 ingot run
