#!/bin/bash
# A branch, a tag, an annotated tag, a commit by its id, and what is not committed.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
steps:
  s:
    run: |
      [ ! -e extra ] || echo extra >>out
      cat content >>out
      echo "$INGOT_COMMIT $INGOT_BRANCH" >seen
    outputs: { out: out, seen: seen }
END
# runs_commit WANTED-OUTPUT COMMIT RUN-ARGUMENTS...
runs_commit() {
	local want=$1 commit=$2
	shift 2
	exits 0 ingot run "$@"
	same "content by $*" "$(ingot get latest/s.out -o - | paste -sd' ')" "$want"
	same "commit by $*" "$(value 'select commit_id from runs order by id desc limit 1')" "$commit"
}
for n in 1 2 3; do
	echo $n >content
	commit "$n"
	git tag "light$n"
	git tag -a -m "version $n" "v$n"
	commits[n]=$(git rev-parse HEAD)
done
git branch older "${commits[2]}"

say "branches, tags, ids"
runs_commit 3 "${commits[3]}"
runs_commit 2 "${commits[2]}" --ref older
runs_commit 1 "${commits[1]}" --ref light1
runs_commit 2 "${commits[2]}" --ref v2
runs_commit 1 "${commits[1]}" --ref "${commits[1]}"
runs_commit 1 "${commits[1]}" "$T/p" --ref "${commits[1]:0:10}"
runs_commit 1 "${commits[1]}" "file://$T/p" --ref refs/tags/v1

say "a detached HEAD is its commit"
git checkout -q "${commits[2]}"
runs_commit 2 "${commits[2]}"
git checkout -q main

say "uncommitted changes do not run, and are named"
echo 4 >content
echo yes >extra
echo ignored >.gitignore
exits 0 ingot run
shows "content"
shows "warning"
same "content" "$(ingot get latest/s.out -o -)" 3

say "--dirty runs them, but not what is ignored"
echo x >ignored
exits 0 ingot run --dirty
same "content" "$(ingot get latest/s.out -o - | paste -sd' ')" "extra 4"
exits 0 ingot shell latest/s -- ls
shows extra
shows_not ignored
same "the repository's own objects" "$(git count-objects | cut -d' ' -f1)" \
	"$(git count-objects | cut -d' ' -f1)"
git diff --quiet --cached || fail "the index was touched"

say "a branch with a hostile name is a word and never a command"
git commit -qam 4
git checkout -q -b 'x;touch${IFS}pwned'
cat >ingot.yaml <<'END'
steps:
  s: { run: "echo ${{ branch }} >out", outputs: { out: out } }
END
commit hostile
exits 0 ingot run
same "the word" "$(ingot get latest/s.out -o -)" 'x;touch${IFS}pwned'
exits 0 ingot shell latest/s -- ls
shows_not pwned
