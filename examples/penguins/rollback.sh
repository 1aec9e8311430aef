#!/bin/sh -eu
# SPDX-License-Identifier: Apache-2.0
# rollback.sh - undo deployment $INGOT_DEPLOYMENT: the release before it serves again
#
# Twice is the same as once, and a deployment that never came to serve has
# nothing to undo.

. src/target.sh
lock_target
refuse_overtaken

release=$(current_release)
case $release in
"releases/$INGOT_DEPLOYMENT-"*) ;;
*)
  say "deployment $INGOT_DEPLOYMENT does not serve: nothing to roll back"
  exit 0
  ;;
esac

before=$(cat "$target/$release/before")
if [ -n "$before" ]; then
  switch_to "$before"
  say "$before serves again"
else
  rm "$target/current"
  sync "$target"
  say "$release was the first one: nothing serves"
fi
