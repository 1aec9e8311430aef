#!/bin/bash
# Lineage leads from a model to commit, files and parameters, and back again.
. "$(dirname "$0")/lib.sh"

penguins p
commit=$(git rev-parse HEAD)
exits 0 ingot run -p "target=$T/target"

say "back: the commit, the files, the parameters"
exits 0 ingot lineage 1/evaluate.model
for word in "$commit" src/train.py src/evaluate.py src/prepare.py data/penguins.csv \
	"epochs = 200" "seed = 7" 1/prepare; do
	shows "$word"
done
shows_not "target ="
shows_not deploy.sh
exits 0 ingot lineage model:penguins@1 --json
same "commits" "$(json '[n["commit"] for n in x["nodes"] if n["kind"] == "commit"]')" "[\"$commit\"]"
same "edges lead to nodes" \
	"$(json '{e[k] for e in x["edges"] for k in ("from", "to")} <= {n["id"] for n in x["nodes"]}')" True

say "forward: what was made of the prepared rows"
exits 0 ingot lineage 1/prepare.train --forward
shows "1/train[rate=0.5,l2=0.001].model"
shows "1/deploy"

say "as a graph for dot"
exits 0 ingot lineage 1/evaluate.model --dot
shows "digraph"
