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
grep -qi "no space left\|disk is full\|free space" "$T/out" "$T/err" ||
	fail "not said: $(cat "$T/out" "$T/err")"

rm "$INGOT_HOME/ballast"

say "filled up to some KiB: it fails or it does not, but nothing hangs, nothing is lost"
for free in 0 40 200 700 1500 3000; do
	available=$(df --output=avail -k "$INGOT_HOME" | tail -1)
	head -c $(((available - free) * 1024)) /dev/zero >"$INGOT_HOME/ballast" 2>/dev/null || true
	code=0
	timeout 40 ingot run --no-cache >"$T/out" 2>"$T/err" || code=$?
	case $code in 0 | 1 | 5) ;; *) cat "$T/out" "$T/err"; fail "$free KiB: exit $code" ;; esac
	rm "$INGOT_HOME/ballast"

	# room again: it goes on by itself, without repair
	timeout 40 ingot wait -q latest || [ $? = 1 ] || fail "$free KiB: wait"
	exits 0 ingot run --no-cache
	exits 0 ingot fsck
	same "small" "$(ingot get 1/small.out -o -)" small
done
same "left unfinished" "$(value "select count(*) from runs where state in ('queued', 'running')")" 0
