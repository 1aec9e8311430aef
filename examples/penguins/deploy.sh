#!/bin/sh -eu
# SPDX-License-Identifier: Apache-2.0
# deploy.sh - put inputs/model into a new release of the target and let it serve
#
# Safe to kill at any instant and to start again: what serves is entirely the
# old release or entirely the new one.

. src/target.sh
lock_target
refuse_overtaken

digest=$(sha256sum inputs/model | cut -c1-12)
release=releases/$INGOT_DEPLOYMENT-$digest

if [ ! -d "$target/$release" ]; then
  rm -rf "$target/staging"
  mkdir "$target/staging"
  cp inputs/model "$target/staging/model.json"
  current_release >"$target/staging/before"
  sync "$target/staging/model.json" "$target/staging/before" "$target/staging"
  mv -T "$target/staging" "$target/$release"
  sync "$target/releases"
fi
switch_to "$release"
say "$release serves"
