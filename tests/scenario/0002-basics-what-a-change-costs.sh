#!/bin/bash
# Only what a change touches runs again, and why, plan, diff and metrics say so.
. "$(dirname "$0")/lib.sh"

penguins p
target=(-p "target=$T/target")
# ran RUN: the steps that did not come from the cache, instances as one.
ran() {
	value "select distinct job from steps where run = $1 and state != 'cached' order by id" |
		paste -sd' '
}
exits 0 ingot run "${target[@]}"

say "a changed evaluation: evaluate and what hangs on it"
echo "# a word more" >>src/evaluate.py
commit "evaluate: a word more"
exits 2 ingot plan --exit-code "${target[@]}"
shows "src/evaluate.py changed"
exits 0 ingot run "${target[@]}"
same "ran" "$(ran 2)" "evaluate deploy"
exits 0 ingot why 2/evaluate
shows "src/evaluate.py changed"
exits 0 ingot diff 1 2
shows "src/evaluate.py"
shows_not "src/train.py"

say "another number of epochs: training and what hangs on it, not prepare"
exits 0 ingot run "${target[@]}" -p epochs=50
same "ran" "$(ran 3)" "train evaluate deploy"
exits 0 ingot why "3/train[rate=0.1,l2=0]"
shows "param epochs 200 -> 50"
exits 0 ingot diff 2 3
shows "200 -> 50"
exits 0 ingot metrics 2 3 --json
same "accuracies of evaluate" \
	"$(json 'len([s for r in x for s in r["steps"] if "recall.Adelie" in s["metrics"]])')" 2

say "back to 200: all from the cache again"
exits 0 ingot run "${target[@]}"
same "ran" "$(ran 4)" "deploy"

say "a gate that cannot be met: exit 3, with the numbers"
sed -i 's/accuracy >= 0.95/accuracy >= 1.01/' ingot.yaml
commit "too much to ask"
exits 3 ingot run "${target[@]}"
shows "accuracy >= 1.01"
shows "0.98"
same "evaluate" "$(state 5 evaluate)" failed
same "deploy" "$(state 5 deploy)" skipped
same "attempts" "$(value 'select count(*) from attempts where run = 5')" 0
exits 0 ingot why 5
shows "accuracy >= 1.01"
