#!/bin/bash
# Every command has help with an example; wrong use is exit 2 with a way out; JSON has its names.
. "$(dirname "$0")/lib.sh"

say "help of every command, with an example"
commands=$(ingot help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
[ "$(echo "$commands" | wc -w)" -ge 25 ] || fail "commands: $commands"
for command in run check plan runs show logs wait cancel retry why metrics diff artifacts get lineage \
	reproduce shell gc fsck doctor sql schema completion version init; do
	grep -qx "$command" <<<"$commands" || fail "help does not list $command"
	exits 0 ingot $command --help
	shows "ingot $command"
	shows "Example"
done

say "wrong use"
exits 2 ingot rnu
shows "did you mean 'run'?"
exits 2 ingot run --wrokers 2
shows "did you mean '--workers'?"
exits 2 ingot run --workers many
exits 2 ingot run a b
exits 2 ingot show
exits 2 ingot run -p noequals
exits 1 ingot show 7
exits 1 ingot logs 7
exits 1 ingot why 7/x
exits 1 ingot runs --home /proc/nothing
shows "/proc/nothing"

say "a first run by init --demo"
exits 0 ingot init --demo demo
cd demo
exits 0 ingot check
exits 0 ingot run -p "target=$T/target"
exits 1 ingot init --demo .
cd ..
repository fresh
exits 0 ingot init
exits 0 ingot check
git add -A && git commit -qm first
exits 0 ingot run

say "a parameter that is not there, one of the wrong type"
cd "$T/demo"
exits 1 ingot run -p epoch=1
shows "did you mean 'epochs'?"
exits 2 ingot run -p epochs=many

say "the names of --json"
exits 0 ingot show 1 --json
same "of a run" "$(json '{"id","pipeline","state","commit","ref","branch","trigger","params","created_at","started_at","finished_at","steps"} <= set(x)')" True
same "of a step" "$(json '{"name","kind","state","reason","attempt","worker","exit_code","started_at","finished_at","cached_from","metrics","inputs","outputs"} <= set(x["steps"][0])')" True
same "of a time" "$(json '__import__("re").fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", x["created_at"]) is not None')" True
exits 0 ingot artifacts 1 --json
same "of an artifact" "$(json '{"address","name","type","path","digest","size"} <= set(x[0])')" True
exits 0 ingot workers --json
same "of a worker" "$(json '{"name","state","resources","running"} <= set(x[0])')" True
exits 0 ingot runs --json
same "runs" "$(json '[r["id"] for r in x]')" "[2, 1]"
ingot run --json -p "target=$T/target" >"$T/out" 2>"$T/err"
same "only the object on standard output" "$(json 'x["state"]')" succeeded
exits 0 ingot plan --json
same "plan" "$(json '{s["action"] for s in x["steps"]} <= {"run", "cached", "skip", "depends"}')" True

say "schema, completion, version, doctor"
exits 0 ingot schema
same "schema" "$(json '"steps" in x["properties"]')" True
for shell in bash zsh fish; do
	exits 0 ingot completion $shell
	[ -s "$T/out" ] || fail "no completion for $shell"
done
ingot completion bash | bash -n
exits 0 ingot version
exits 0 ingot doctor

say "settings: the flag, the environment, the project, the user"
mkdir -p .ingot "$T/.config/ingot"
echo "workers = 3" >"$T/.config/ingot/config"
exits 0 ingot runs --home "$T/other"
[ -e "$T/other/ingot.db" ] || fail "--home"
echo "hoem = x" >.ingot/config
exits 2 ingot runs
shows "did you mean 'home'?"
scheduler=$(pgrep -f -- "scheduler --home $T/other") && kill $scheduler
