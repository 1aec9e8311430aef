#!/bin/bash
# A matrix: include, exclude; as an input a folder with index.json, or one of it by select.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
defaults: { sources: [] }
steps:
  grid:
    matrix:
      a: [1, 2]
      b: [x, y]
      exclude: [{ a: 1, b: y }]
      include: [{ a: 9, b: z }]
    run: |
      echo "$INGOT_MATRIX_a ${{ matrix.b }}" >out
      echo "{\"score\": ${{ matrix.a }}, \"deep\": {\"er\": -${{ matrix.a }}}}" >m.json
    outputs: { out: out }
    metrics: m.json
  all:
    inputs: { grid: grid.out }
    run: |
      python3 - <<'PY'
      import json, os
      index = json.load(open("inputs/grid/index.json"))
      print(json.dumps(index))
      files = sorted(f for f in os.listdir("inputs/grid") if f != "index.json")
      open("out", "w").write(" ".join(open("inputs/grid/" + f).read().strip() for f in files))
      PY
    outputs: { out: out }
  best: { inputs: { in: { from: grid.out, select: { metric: score, mode: max } } }, run: cp inputs/in out, outputs: { out: out } }
  least: { inputs: { in: { from: grid.out, select: { metric: deep.er, mode: max } } }, run: cp inputs/in out, outputs: { out: out } }
  this: { inputs: { in: { from: grid.out, path: here/it, select: { matrix: { a: 2, b: x } } } }, run: cp here/it out, outputs: { out: out } }
END
exits 0 ingot run
same "instances" "$(value "select step from steps where job = 'grid' order by id" | paste -sd' ')" \
	"grid[a=1,b=x] grid[a=2,b=x] grid[a=2,b=y] grid[a=9,b=z]"
same "all of them" "$(ingot get 1/all.out -o - | tr ' ' '\n' | sort | paste -sd' ')" "1 2 2 9 x x y z"
ingot logs 1 all >"$T/out"
same "in the index" "$(json 'len(x) if isinstance(x, list) else len(list(x.values())[0])')" 4
same "by metric" "$(ingot get 1/best.out -o -)" "9 z"
same "by nested metric" "$(ingot get 1/least.out -o -)" "1 x"
same "by matrix" "$(ingot get 1/this.out -o -)" "2 x"
