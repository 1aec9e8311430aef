# lib.sh - what every scenario starts with
#
#	. "$(dirname "$0")/lib.sh"
#
# A scenario gets a folder and a home of its own, and the ingot that was built.
# Its last act, however it ends, is to end the scheduler and to see that no process
# of its home is left and that nothing crashed. On failure it prints what the
# scheduler logged; KEEP=1 keeps the folder then.

set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
T=$(mktemp -d "${TMPDIR:-/tmp}/ingot-scenario.XXXXXX")
export INGOT_HOME=$T/home
export HOME=$T GIT_CONFIG_GLOBAL=$T/gitconfig GIT_CONFIG_NOSYSTEM=1
export NO_COLOR=1 TERM=dumb
unset INGOT_SERVER CLICOLOR_FORCE
git config --global user.name Scenario
git config --global user.email scenario@example.org
git config --global init.defaultBranch main
git config --global advice.detachedHead false
cd "$T"

say() { printf '# %s\n' "$*"; }

fail() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}

# Skips the whole scenario, honestly: ctest shows it as skipped.
skip() {
	printf 'SKIP: %s\n' "$*"
	exit 77
}

# exits CODE COMMAND...: runs it, output to out and err, and wants that exit code.
exits() {
	local want=$1 got=0
	shift
	"$@" >"$T/out" 2>"$T/err" || got=$?
	if [ "$got" != "$want" ]; then
		cat "$T/out" "$T/err" >&2
		fail "exit $got instead of $want: $*"
	fi
}

# shows TEXT [FILE]: the text stands in what was printed last (or in the file).
shows() {
	if [ $# -gt 1 ]; then
		grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "'$1' is not in $2"; }
		return
	fi
	grep -qF -- "$1" "$T/out" "$T/err" ||
		{ cat "$T/out" "$T/err" >&2; fail "'$1' was not printed"; }
}

shows_not() {
	! grep -qF -- "$1" "$T/out" "$T/err" ||
		{ cat "$T/out" "$T/err" >&2; fail "'$1' was printed"; }
}

# same WHAT GOT WANT
same() {
	[ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"
}

# json EXPRESSION [FILE]: a Python expression over x, the JSON that was printed last.
json() {
	python3 -c 'import json, sys
x = json.load(open(sys.argv[2]))
v = eval(sys.argv[1])
print(v if not isinstance(v, (dict, list)) else json.dumps(v))' "$1" "${2:-$T/out}"
}

# value SQL: what a query of one column gives, a line for each row.
value() { ingot sql "$1" | sed -e 1d -e 's/ *$//'; }

# states RUN: the states of its steps, one "name state" a line.
states() { value "select step || ' ' || state from steps where run = $1 order by id"; }

# state RUN STEP
state() { value "select state from steps where run = $1 and step = '$2'"; }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || fail "did not come true: $*"
		sleep 0.05
	done
}

commit() {
	git add -A
	git commit -qm "${1:-change}"
}

# repository FOLDER: an empty one, and goes there.
repository() {
	mkdir -p "$T/$1"
	cd "$T/$1"
	git init -q
}

# pipeline <<END: writes ingot.yaml and commits everything.
pipeline() {
	cat >ingot.yaml
	commit "pipeline"
}

# penguins FOLDER: the example as a repository, and goes there.
penguins() {
	repository "$1"
	cp -a "$SOURCE/examples/penguins/." .
	commit "penguins"
}

# Of the home, steps and helper too: whatever was started with this HOME. Not what
# looks for them: grep has no environment, and nothing else runs beside it.
processes() {
	local found
	found=$(env -i "$(command -v grep)" -lsF "HOME=$T" /proc/[0-9]*/environ) || true
	for path in $found; do
		path=${path#/proc/}
		echo "${path%/environ}"
	done
}

scheduler_pid() { pgrep -of -- "scheduler --home $INGOT_HOME"; }

# What no scenario may leave in the scheduler's log: something died of itself.
crashes() { grep -E 'BUG|Sanitizer|killed by signal (4|6|7|8|11)$' "$INGOT_HOME/scheduler.log"; }

on_exit() {
	local status=$? deadline=$((SECONDS + 15))
	trap - EXIT
	cd /
	if [ $status = 0 ] && crashes 2>/dev/null; then
		echo "FAILED: something crashed" >&2
		status=1
	fi
	if [ $status != 0 ] && [ $status != 77 ]; then
		tail -n 40 "$INGOT_HOME/scheduler.log" >&2 2>/dev/null || true
	fi
	scheduler_pid | xargs -r kill 2>/dev/null || true
	while [ -n "$(processes)" ]; do
		if [ $SECONDS -ge $deadline ]; then
			local left
			left=$(processes)
			ps -o pid,ppid,stat,args -p "$(echo $left)" >&2 || true
			kill -9 $left 2>/dev/null || true
			echo "FAILED: processes of the home are left" >&2
			status=1
			break
		fi
		sleep 0.05
	done
	if [ $status != 0 ] && [ $status != 77 ] && [ -n "${KEEP:-}" ]; then
		echo "kept: $T" >&2
	else
		chmod -R u+w "$T" 2>/dev/null || true
		rm -rf "$T"
	fi
	exit $status
}
trap on_exit EXIT
