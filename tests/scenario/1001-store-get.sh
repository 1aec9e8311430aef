#!/bin/bash
# get: a file, a folder, an archive of it; by run, name, version and digest; never over a file.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
params: { text: one }
steps:
  s:
    sources: []
    run: |
      mkdir -p tree/sub tree/empty
      echo "${{ params.text }}" | tee tree/a >out
      printf '#!/bin/sh\necho ran\n' >tree/sub/run
      chmod +x tree/sub/run
      ln -s ../a tree/sub/link
    outputs: { out: { path: out, name: words }, tree: tree }
END
exits 0 ingot run
exits 0 ingot run -p text=two

say "a file, by every kind of address"
digest=sha256:$(echo two | sha256sum | cut -d' ' -f1)
for address in 2/s.out latest/s.out artifact:words@latest artifact:words@2 "$digest"; do
	same "$address" "$(ingot get "$address" -o -)" two
done
same "artifact:words@1" "$(ingot get artifact:words@1 -o -)" one
exits 0 ingot get 1/s.out
same "under its name" "$(cat out)" one
exits 1 ingot get 2/s.out
shows "out"
same "kept" "$(cat out)" one
exits 0 ingot get 2/s.out --force
same "replaced" "$(cat out)" two

say "a folder, with modes and links"
exits 0 ingot get 1/s.tree -o here
same "a" "$(cat here/a)" one
same "run" "$(here/sub/run)" ran
same "link" "$(readlink here/sub/link) $(cat here/sub/link)" "../a one"
[ -d here/empty ] || fail "the empty folder is missing"

say "the same bytes each time as tar, tar.zst, zip"
for kind in tar tar.zst zip; do
	exits 0 ingot get 1/s.tree -o "first.$kind"
	exits 0 ingot get 1/s.tree -o "second.$kind"
	cmp "first.$kind" "second.$kind" || fail "$kind differs"
done
mkdir untar
tar -C untar -xf first.tar
diff -r --no-dereference here untar || diff -r --no-dereference here "untar/$(ls untar)" || fail "tar"
python3 -m zipfile -l first.zip >"$T/out"
shows "sub/run"

say "what is not there is said"
for address in 1/s.otu 1/x.out 9/s.out artifact:word@1 artifact:words@7 "sha256:$(printf '0%.0s' {1..64})"; do
	exits 1 ingot get "$address" -o nothing
	[ ! -e nothing ] || fail "$address left a file"
done
exits 1 ingot get 1/s.otu
shows "did you mean 'out'?"

say "artifacts lists them with digest and size"
exits 0 ingot artifacts 2 --json
same "out" "$(json '[(a["digest"], a["size"], a["path"]) for a in x if a["name"] == "out"]')" \
	"[[\"$digest\", 4, \"out\"]]"
