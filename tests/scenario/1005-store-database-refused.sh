#!/bin/bash
# A database that cannot be used: newer, foreign, damaged, read-only, locked. Said, untouched.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip "no python3"
repository p
pipeline <<'END'
steps: { s: { sources: [], run: "echo 1 >out", outputs: { out: out } } }
END
exits 0 ingot run
db=$INGOT_HOME/ingot.db
stop() {
	scheduler_pid | xargs -r kill
	wait_for 10 test ! -e "$INGOT_HOME/ingot.sock"
	wait_for 10 test -z "$(scheduler_pid)"
}
sqlite() { python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
for s in sys.argv[2:]: c.execute(s)' "$db" "$@"; }
# refused TEXT: exit 5, said, and not a byte is changed.
refused() {
	local before
	before=$(sha256sum <"$db")
	exits 5 ingot runs
	shows "$1"
	same "the file" "$(sha256sum <"$db")" "$before"
}

say "newer than the program"
stop
sqlite "pragma wal_checkpoint(truncate)" "pragma user_version = 999"
refused "newer"
sqlite "pragma user_version = 1"

say "of somebody else"
cp "$db" kept
sqlite "pragma application_id = 1"
refused "ingot.db"
cp kept "$db"

say "damaged"
dd if=/dev/urandom of="$db" bs=4096 seek=2 count=8 conv=notrunc status=none
code=0
ingot runs >"$T/out" 2>"$T/err" || code=$?
same "exit" $code 5
head -c 4096 /dev/urandom >"$db"
refused "ingot.db"
cp kept "$db"
rm -f "$db-wal" "$db-shm"

say "locked by another program: said, and goes on when it is free"
python3 -c 'import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("pragma locking_mode = exclusive")
c.execute("begin exclusive")
print("locked", flush=True)
time.sleep(60)' "$db" >locker.log &
locker=$!
wait_for 10 grep -q locked locker.log
exits 5 ingot runs
shows "locked"
kill $locker
wait $locker 2>/dev/null || true
exits 0 ingot runs

say "read-only"
if [ "$(id -u)" = 0 ]; then
	stop
	mkdir ro && cp "$db" ro/
	mount --bind -o ro "$INGOT_HOME" "$INGOT_HOME" 2>/dev/null &&
		mount -o remount,bind,ro "$INGOT_HOME" 2>/dev/null || { echo "# skipped: no mount"; exit 0; }
	code=0
	ingot runs >"$T/out" 2>"$T/err" || code=$?
	umount "$INGOT_HOME"
	same "exit" $code 5
	grep -qi "read-only" "$T/err" || fail "not said: $(cat "$T/err")"
	exits 0 ingot runs
else
	stop
	chmod a-w "$INGOT_HOME" "$db"
	code=0
	ingot runs >"$T/out" 2>"$T/err" || code=$?
	chmod u+w "$INGOT_HOME" "$db"
	[ $code = 5 ] || [ $code = 4 ] || fail "exit $code"
fi
same "nothing is lost" "$(value 'select count(*) from runs')" 1
exits 0 ingot fsck
