#!/bin/bash
# A step finds exactly the environment of the contract, and only what it declared in its folder.
. "$(dirname "$0")/lib.sh"

repository p
mkdir src
echo one >src/one
echo two >src/two
ln -s one src/link
printf '#!/bin/sh\necho ran\n' >src/run.sh
chmod +x src/run.sh
pipeline <<'END'
name: env
params: { epochs: 200, l2-norm: 0.5, words: "a b'c", unnamed: 1 }
steps:
  first: { sources: [], run: "mkdir d; echo x >d/f; echo 1 >out", outputs: { out: out, d: d } }
  second:
    sources: [src/one, src/link, src/run.sh]
    inputs: { data: first.out, tree: { from: first.d, path: data/tree } }
    matrix: { rate: [0.1] }
    env: { EXTRA: "rate ${{ matrix.rate }}" }
    workdir: src
    run: |
      : "$INGOT_PARAM_epochs $INGOT_PARAM_l2_norm ${{ params.words }}"
      env >"$INGOT_WORKSPACE/env"
      (cd "$INGOT_WORKSPACE"; find . | sort) >"$INGOT_OUTPUT_seen"
      pwd >"$INGOT_WORKSPACE/cwd"
      cp "$INGOT_PARAMS" "$INGOT_WORKSPACE/params"
      ./run.sh
      cat link
      for f in "$INGOT_INPUT_data" "$INGOT_INPUT_tree/f"; do
        if { echo spoilt >>"$f"; } 2>/dev/null; then echo "written: $f"; fi
      done
      cat "$INGOT_INPUT_data" "$INGOT_INPUT_tree/f"
    outputs: { env: env, seen: seen, cwd: cwd, params: params }
END
SECRET_OF_MINE=1 AWS_SECRET_ACCESS_KEY=1 PYTHONPATH=/x exits 0 ingot run
step="1/second[rate=0.1]"
ingot get -q "$step.env" -o env
has() { grep -qxF -- "$1" env || { cat env; fail "not in the environment: $1"; }; }

say "the names of the contract, with their values"
has INGOT_RUN=1
has INGOT_PIPELINE=env
has "INGOT_STEP=second[rate=0.1]"
has INGOT_ATTEMPT=1
has "INGOT_COMMIT=$(git rev-parse HEAD)"
has INGOT_REF=refs/heads/main
has INGOT_BRANCH=main
has INGOT_TRIGGER=manual
has INGOT_PARAM_epochs=200
has INGOT_PARAM_l2_norm=0.5
has "INGOT_PARAM_words=a b'c"
has INGOT_MATRIX_rate=0.1
has CI=true
has CUDA_VISIBLE_DEVICES=
has "EXTRA=rate 0.1"
workspace=$(sed -n 's/^INGOT_WORKSPACE=//p' env)
has "INGOT_INPUT_data=$workspace/inputs/data"
has "INGOT_INPUT_tree=$workspace/data/tree"
has "INGOT_OUTPUT_seen=$workspace/seen"
same "working directory" "$(ingot get "$step.cwd" -o -)" "$workspace/src"
same "parameters as JSON" "$(ingot get "$step.params" -o - | python3 -c 'import json, sys
x = json.load(sys.stdin); print(json.dumps(x, sort_keys=True))' | grep -c '"epochs": 200')" 1

say "and no other name, nor a parameter that the step does not name"
! grep -q unnamed env || fail "INGOT_PARAM_unnamed"
cut -d= -f1 env | grep -vE '^(INGOT_(RUN|PIPELINE|STEP|ATTEMPT|COMMIT|REF|BRANCH|TRIGGER|WORKSPACE|PARAMS|METRICS|CHECKPOINT|FENCE)|INGOT_(INPUT|OUTPUT|PARAM|MATRIX)_[A-Za-z0-9_]+|CI|CUDA_VISIBLE_DEVICES|PATH|HOME|LANG|TMPDIR|USER|EXTRA|PWD|OLDPWD|SHLVL|_)$' >more || true
same "more names" "$(paste -sd' ' more)" ""

say "in the folder: sources, inputs, nothing else"
ingot get -q "$step.seen" -o seen
same "files" "$(grep -v '^./env$' seen | paste -sd' ')" \
	". ./data ./data/tree ./data/tree/f ./inputs ./inputs/data ./seen ./src ./src/link ./src/one ./src/run.sh"

say "inputs are read-only, modes and links are kept"
ingot logs 1 "second[rate=0.1]" >log
same "output" "$(paste -sd' ' log)" "ran one 1 x"
exits 0 ingot fsck

say "nothing of the workspace stays"
empty() { [ -z "$(find "$INGOT_HOME"/work/*/*/work "$INGOT_HOME"/work/*/*/tmp -mindepth 1)" ]; }
wait_for 5 empty
