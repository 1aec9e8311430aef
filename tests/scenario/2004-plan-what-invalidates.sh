#!/bin/bash
# What a step names invalidates it, what it does not name does not.
. "$(dirname "$0")/lib.sh"

repository p
echo 1 >listed
echo 1 >unlisted
pipeline <<'END'
params: { named: 1, other: 1 }
defaults: { sources: [listed] }
steps:
  step:
    run: "cat listed >out; echo ${{ params.named }} >>out"
    outputs: { out: out }
  print:
    run: echo $(cat /proc/sys/kernel/ostype)
    fingerprint: 'cat "$HOME/version" 2>/dev/null || echo none'
END
exits 0 ingot run

say "an unchanged commit: nothing to do"
exits 0 ingot plan --exit-code
shows "cached"

say "a parameter that it does not name, a file that it does not list, an empty commit"
exits 0 ingot plan --exit-code -p other=2
echo 2 >unlisted
commit "unlisted"
exits 0 ingot plan --exit-code

say "a parameter that it names"
exits 2 ingot plan --exit-code -p named=2
shows "param named 1 -> 2"

say "the content of a listed file, its mode, its name"
echo 2 >listed
commit "content"
exits 2 ingot plan --exit-code
shows "listed changed"
git revert --no-edit HEAD >/dev/null
exits 0 ingot plan --exit-code
chmod +x listed
commit "mode"
exits 2 ingot plan --exit-code
shows "listed"
chmod -x listed
commit "mode back"

say "the command, the environment, the outputs"
cp ingot.yaml kept
for edit in 's/echo \$(cat/echo  $(cat/' 's/outputs: { out: out }/outputs: { out: .\/out2 }/' \
	's/sources: \[listed\]/sources: [listed], env: { A: b }/'; do
	sed "$edit" kept >ingot.yaml
	commit "edit"
	[ "$edit" = "${edit%out2*}" ] || sed -i 's/\.\/out2/out2/; s/>out;/>out2;/; s/>>out"/>>out2"/' ingot.yaml
	git commit -qam "edit" --allow-empty
	exits 2 ingot plan --exit-code
done
mv kept ingot.yaml
commit "as before"
exits 0 ingot plan --exit-code

say "the fingerprint: what the machine has now"
echo 2 >"$HOME/version"
sleep 1 # answers are shared for so long
exits 2 ingot plan --exit-code
shows "fingerprint"
exits 0 ingot run
same "ran" "$(value "select group_concat(step) from steps where run = 2 and state != 'cached'")" print
exits 0 ingot why 2/print
shows "fingerprint"

say "--no-cache: everything again"
exits 0 ingot run --no-cache
same "ran" "$(value "select count(*) from steps where run = 3 and state = 'succeeded'")" 2
