#!/bin/bash
# sql: a SELECT over documented views, and nothing else.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
params: { a: "x y" }
steps:
  s: { sources: [], run: 'echo "{\"m\": 1.5}" >m; echo 1 >out', outputs: { out: out }, metrics: m, env: { A: "${{ params.a }}" } }
END
exits 0 ingot run

say "every view answers"
for view in runs steps attempts artifacts metrics params models lineage workers events; do
	exits 0 ingot sql "select * from $view"
done
exits 0 ingot sql --json "select r.id, s.step, m.value, json_extract(p.value, '$') as a from runs r
	join steps s on s.run = r.id join metrics m on m.run = r.id join params p on p.run = r.id"
same "a row" "$(json 'x')" '[{"id": 1, "step": "s", "value": 1.5, "a": "x y"}]'
echo "select 1 + 1 as two" | ingot sql --json - >"$T/out"
same "from standard input" "$(json 'x[0]["two"]')" 2

say "nothing is written"
for query in "delete from run" "update run set state = 0" "drop view runs" "insert into word values('a',1,'b')" \
	"pragma user_version = 7" "attach 'x' as x" "vacuum" "create table t(a)" "begin" \
	"select load_extension('x')" "select writefile('pwned', 'x')" "select 1; delete from run"; do
	! ingot sql "$query" >"$T/out" 2>&1 || fail "allowed: $query"
done
same "runs" "$(value 'select count(*) from runs')" 1
exits 2 ingot sql "select nonsense from runs"
shows "nonsense"
exits 0 ingot run
