#!/bin/bash
# The disk fills up while an output is stored: the step says so, nothing is damaged, and
# once there is room it goes on.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "needs root to mount a small tmpfs"
mkdir "$INGOT_HOME"
mount -t tmpfs -o size=24m tmpfs "$INGOT_HOME" 2>/dev/null || skip "mounting is not allowed"
trap 'cd /; scheduler_pid | xargs -r kill 2>/dev/null; sleep 0.5; umount -l "$INGOT_HOME"; on_exit' EXIT

repository p
pipeline <<'END'
params: { size: 1 }
steps:
  small: { sources: [], run: "echo small >out", outputs: { out: out } }
  big: { sources: [], inputs: { in: small.out }, run: 'head -c ${{ params.size }}M /dev/urandom >out', outputs: { out: out } }
END
exits 0 ingot run

say "no room for the workspace's file, or for the blob: the step fails and says why"
code=0
ingot run -p size=40 >"$T/out" 2>"$T/err" || code=$?
[ $code = 1 ] || [ $code = 5 ] || fail "exit $code"
dd if=/dev/zero of="$INGOT_HOME/ballast" bs=1M count=12 status=none
code=0
ingot run -p size=7 >"$T/out" 2>"$T/err" || code=$?
[ $code = 1 ] || [ $code = 5 ] || fail "exit $code"
cat "$T/out" "$T/err" | grep -qi "no space left\|disk is full\|free space" ||
	fail "not said: $(cat "$T/out" "$T/err")"

say "full to the last byte: nothing is lost, nothing hangs"
cat /dev/zero >"$INGOT_HOME/more" 2>/dev/null || true
code=0
timeout 30 ingot run -p size=2 >"$T/out" 2>"$T/err" || code=$?
[ $code = 1 ] || [ $code = 5 ] || { cat "$T/out" "$T/err"; fail "exit $code"; }

say "room again: it goes on by itself, and all is well"
rm "$INGOT_HOME/ballast" "$INGOT_HOME/more"
exits 0 ingot run -p size=3
exits 0 ingot fsck
same "small" "$(ingot get 1/small.out -o -)" small
