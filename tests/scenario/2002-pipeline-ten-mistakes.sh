#!/bin/bash
# Ten different mistakes are shown in one go, each with its place and what helps.
. "$(dirname "$0")/lib.sh"

cat >ingot.yaml <<'END'
name: mistakes
params: { epochs: 10 }
steps:
  prepare:
    run: python3 prepare.py
    output: { train: train.csv }
    timeout: ten minutes
  train:
    run: [python3, "${{ params.epoch }}"]
    inputs: { train: prepare.train }
    resources: { memory: 512 pounds }
    matrix: { rate: [] }
    gates: ["accuracy >="]
    metrics: ../metrics.json
  train:
    run: "true"
  evaluate:
    inputs: { model: train.model }
    needs: [trian]
    retry: { max: lots }
END
exits 2 ingot check
cp "$T/err" all
cat "$T/out" >>all
for code in unknown-key bad-duration unknown-name unknown-output bad-size bad-value bad-expression \
	bad-path duplicate-key missing-key unknown-step wrong-type; do
	shows "error[$code]" all
done
[ "$(grep -c 'error\[' all)" -ge 10 ] || fail "fewer than ten mistakes"
shows "ingot.yaml:6:5: error[unknown-key]" all
shows "did you mean 'outputs'?" all
shows "did you mean 'params.epochs'?" all
shows "did you mean 'train'?" all
[ "$(grep -c '\^' all)" -ge 10 ] || fail "fewer than ten carets"

say "a cycle is shown with its path"
cat >ingot.yaml <<'END'
steps:
  a: { run: "true", needs: [c] }
  b: { run: "true", needs: [a] }
  c: { run: "true", needs: [b] }
END
exits 2 ingot check
shows "error[cycle]"
shows "a"
grep -qE 'a.*c.*b.*a|a.*b.*c.*a|b.*a.*c.*b|c.*b.*a.*c' "$T/err" "$T/out" || fail "no path of the cycle"
