#!/bin/bash
# Inputs that are archives: the step finds the folder; a hostile one is refused by name.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
name: archives
defaults: { sources: [] }
steps:
  pack:
    run: |
      mkdir -p data/deep
      echo one >data/one
      echo two >data/deep/two
      tar czf data.tar.gz data
      python3 -m zipfile -c data.zip data/one data/deep/two
    outputs: { tar: { path: data.tar.gz, name: data }, zip: data.zip }
  use:
    matrix: { n: [1, 2, 3] }
    inputs:
      tar: { from: pack.tar, unpack: true }
      zip: { from: pack.zip, path: here/zip, unpack: true }
      plain: pack.tar
    run: |
      cat inputs/tar/data/one inputs/tar/data/deep/two here/zip/one here/zip/two >out
      tar tzf inputs/plain >/dev/null
    outputs: { out: out }
END
exits 0 ingot run
for n in 1 2 3; do
	same "content $n" "$(ingot get "1/use[n=$n].out" -o - | paste -sd' ')" "one two one two"
done

say "lineage names the archive, not the folder"
exits 0 ingot lineage "1/use[n=1].out" --json
packed=$(ingot get 1/pack.tar -o - | sha256sum | cut -d' ' -f1)
shows "$packed"

say "again: from the cache, also where the scheduler has just started"
exits 0 ingot plan
shows "from run 1"
shows_not "depends"
kill "$(scheduler_pid)"
wait_for 10 test ! -e "$INGOT_HOME/ingot.sock"
exits 0 ingot run
same "states" "$(states 2 | cut -d' ' -f2 | sort -u)" cached

say "an address is unpacked as well"
repository q
pipeline <<'END'
name: taker
steps:
  use:
    sources: []
    inputs: { data: { from: "artifact:data@latest", unpack: true } }
    run: cp inputs/data/data/deep/two out
    outputs: { out: out }
END
exits 0 ingot run
same "content" "$(ingot get 3/use.out -o -)" two

say "while a step waits for its turn its folder is kept, and found again after a crash"
repository w
pipeline <<END
name: waiting
defaults: { sources: [] }
steps:
  pack: { run: "echo w >w; tar czf w.tar.gz w; rm w", outputs: { tar: w.tar.gz } }
  hold: { needs: pack, concurrency: turn, priority: 10, run: "while [ ! -e $T/go ]; do sleep 0.02; done" }
  use: { concurrency: turn, inputs: { data: { from: pack.tar, unpack: true } }, run: cp inputs/data/w out, outputs: { out: out } }
END
waits() { [ "$(states "$1" | paste -sd,)" = "pack succeeded,hold running,use ready" ]; }
gone() { [ -z "$(processes)" ]; }
exits 0 ingot run --detach
wait_for 10 waits 4
find "$INGOT_HOME/blobs" -type f -exec touch -a -d '2 hours ago' {} +
exits 0 ingot gc
touch "$T/go"
exits 0 ingot wait latest
rm "$T/go"
exits 0 ingot run --detach --no-cache
wait_for 10 waits 5
kill -9 "$(scheduler_pid)" $(pgrep -f -- "worker --home $INGOT_HOME")
wait_for 5 gone
touch "$T/go"
exits 0 ingot wait latest
same "content" "$(ingot get 5/use.out -o -)" w

say "what leads outside, what is no archive and what is a folder is refused"
repository r
pipeline <<'END'
name: hostile
defaults: { sources: [] }
steps:
  evil:
    run: |
      mkdir folder && echo x >folder/x
      echo "no archive" >words
      python3 - <<'PY'
      import io, tarfile
      with tarfile.open("evil.tar", "w") as t:
          member = tarfile.TarInfo("../escape")
          member.size = 3
          t.addfile(member, io.BytesIO(b"out"))
      PY
    outputs: { evil: evil.tar, words: words, folder: folder }
  out: { run: "true", inputs: { data: { from: evil.evil, unpack: true } } }
  words: { run: "true", inputs: { data: { from: evil.words, unpack: true } } }
  folder: { run: "true", inputs: { data: { from: evil.folder, unpack: true } } }
END
exits 1 ingot run
same "states" "$(states 6 | paste -sd,)" "evil succeeded,out failed,words failed,folder failed"
same "reasons" "$(value "select distinct reason from steps where run = 6 and state = 'failed'")" input
message() { value "select message from steps where run = 6 and step = '$1'"; }
message out >"$T/out"
shows "input 'data': ../escape" "$T/out"
message words >"$T/out"
shows "input 'data': the archive cannot be read as tar" "$T/out"
message folder >"$T/out"
shows "input 'data' is a folder already" "$T/out"
same "escaped" "$(find "$T" -name escape | wc -l)" 0
exits 0 ingot fsck
