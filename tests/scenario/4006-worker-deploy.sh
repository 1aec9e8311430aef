#!/bin/bash
# A deployment: verified, or rolled back; numbered; its model registered; never tried twice.
. "$(dirname "$0")/lib.sh"

repository p
pipeline <<END
params: { good: 1 }
steps:
  make: { sources: [], run: "echo \${{ params.good }} >out", outputs: { out: { path: out, type: model } } }
  deploy:
    kind: deploy
    sources: []
    inputs: { model: make.out }
    environment: production
    model: { name: thing, from: model, alias: champion }
    run: |
      echo "deploy \$INGOT_DEPLOYMENT" >>$T/events
      cp $T/serving $T/before 2>/dev/null || echo nothing >$T/before
      cat inputs/model >$T/serving
    verify: { run: "grep -qx 1 $T/serving", within: 600ms }
    rollback: "echo rollback >>$T/events; cp $T/before $T/serving"
END
exits 0 ingot run
same "serves" "$(cat "$T/serving")" 1
first=$(cut -d' ' -f2 "$T/events")
same "model" "$(ingot get model:thing@1 -o -)" 1

say "not verified: rolled back, failed, no new version"
exits 1 ingot run -p good=0
shows "not verified"
same "serves" "$(cat "$T/serving")" 1
same "events" "$(cut -d' ' -f1 "$T/events" | paste -sd,)" "deploy,deploy,rollback"
[ "$(sed -n 's/deploy //p' "$T/events" | tail -1)" -gt "$first" ] || fail "its number did not rise"
same "versions" "$(value 'select count(*) from models')" 1
same "tries" "$(value "select count(*) from attempts where run = 2 and step = 'deploy'")" 1

say "its worker dies under it: lost, never started again by itself"
sed -i "s/cp $(echo "$T" | sed 's/\//\\\//g')\/serving.*/touch $(echo "$T" | sed 's/\//\\\//g')\/kill-me; sleep 60/" ingot.yaml
commit slow
ingot run -q >/dev/null 2>&1 &
client=$!
wait_for 10 test -e "$T/kill-me"
running() { [ "$(state 3 deploy)" = running ]; }
wait_for 10 running
pgrep -f -- "worker --home $INGOT_HOME" | xargs kill -9
code=0
wait $client || code=$?
[ $code != 0 ] || fail "a lost deployment succeeded"
same "deploy" "$(state 3 deploy)" lost
same "events" "$(grep -c deploy "$T/events")" 3
exits 0 ingot why 3/deploy
shows "lost"
