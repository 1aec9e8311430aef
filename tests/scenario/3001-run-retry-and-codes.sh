#!/bin/bash
# Exit codes 75 and 77, retry with back-off, timeout, allow_failure, finally, fail_fast.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<'END'
defaults: { sources: [] }
steps:
  later: { run: '[ "$INGOT_ATTEMPT" = 3 ] || exit 75', retry: { max: 5, backoff: 100ms } }
  flaky: { run: '[ "$INGOT_ATTEMPT" = 2 ] || exit 1', retry: { max: 1, backoff: 1ms } }
  other: { run: "exit 77" }
  behind: { run: "true", needs: [other] }
  harmless: { run: "echo oh no; exit 9", allow_failure: true }
  cleanup: { run: "true", finally: true }
END
say "75 asks for another try, 77 skips, what may fail does not fail the run"
exits 0 ingot run
same "later" "$(state 1 later) $(value "select attempt from steps where step = 'later'")" "succeeded 3"
same "flaky" "$(state 1 flaky) $(value "select attempt from steps where step = 'flaky'")" "succeeded 2"
same "other" "$(state 1 other)" skipped
same "behind" "$(state 1 behind)" skipped
same "harmless" "$(state 1 harmless) $(value "select exit_code from steps where step = 'harmless'")" "failed 9"
same "cleanup" "$(state 1 cleanup)" succeeded
same "fences" "$(value "select count(distinct fence) from attempts where step = 'later'")" 3
say "the back-off doubles: 0.1 s, then 0.2 s"
value "select (julianday(b.started_at) - julianday(a.finished_at)) * 86400 > a.attempt * 0.1 - 0.01
	from attempts a, attempts b
	where a.step = 'later' and b.step = 'later' and b.attempt = a.attempt + 1" >between
same "pauses" "$(paste -sd' ' between)" "1 1"

say "what fails fails the run, says how, and what hangs on it does not start"
pipeline <<'END'
defaults: { sources: [] }
steps:
  broken: { run: "echo the reason; exit 3", retry: { max: 2, backoff: 1ms }, outputs: { out: out } }
  behind: { run: "true", inputs: { in: broken.out } }
  beside: { run: "true" }
  cleanup: { run: "true", finally: true }
END
exits 1 ingot run
shows "the reason"
same "broken" "$(state 2 broken) $(value "select attempt from steps where run = 2 and step = 'broken'")" \
	"failed 3"
same "others" "$(state 2 behind) $(state 2 beside) $(state 2 cleanup)" "skipped succeeded succeeded"
exits 0 ingot why 2
shows "exit"
shows "the reason"

say "too long: exit 124"
pipeline <<'END'
steps:
  long: { sources: [], run: "sleep 60", timeout: 300ms, grace: 100ms }
END
began=$SECONDS
exits 124 ingot run
same "long" "$(state 3 long)" timed_out
[ $((SECONDS - began)) -lt 10 ] || fail "it took $((SECONDS - began)) s"

say "fail_fast: one failure ends the other instances"
pipeline <<'END'
steps:
  many:
    sources: []
    matrix: { n: [0, 1, 2, 3, 4, 5], max_parallel: 2, fail_fast: true }
    run: '[ ${{ matrix.n }} = 0 ] && exit 1; sleep 30'
    grace: 100ms
END
exits 1 ingot run --workers 2
same "states" "$(states 4 | cut -d' ' -f2 | sort | uniq -c | tr -s ' ' | paste -sd,)" " 5 cancelled, 1 failed"
