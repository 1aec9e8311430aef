#!/bin/sh -eu
# SPDX-License-Identifier: Apache-2.0
# verify.sh - the release of this deployment serves, and its model knows its penguins

. src/target.sh
release=$(current_release)
case $release in
"releases/$INGOT_DEPLOYMENT-"*) ;;
*)
  say "serves '$release', not deployment $INGOT_DEPLOYMENT"
  exit 1
  ;;
esac
exec python3 src/verify.py "$target/$release/model.json"
