# SPDX-License-Identifier: Apache-2.0
# target.sh - the deployment target, sourced by deploy.sh, rollback.sh and verify.sh
#
#   $target/releases/DEPLOYMENT-DIGEST/   one release: model.json, and `before`, which
#                                         names the release that it replaced
#   $target/current                       symlink to the release that serves
#   $target/seen                          highest (deployment, fence) that came here
#   $target/lock                          held while any of these changes
#
# An attempt that Ingot has given up may still be running somewhere. The target
# itself therefore keeps the highest (deployment, fence) and refuses a lower one.

case ${DEPLOY_TARGET:?} in
"~/"*) target=$HOME/${DEPLOY_TARGET#"~/"} ;;
*) target=$DEPLOY_TARGET ;;
esac

say() {
  echo "$target: $*" >&2
}

# The release that serves, such as releases/3-0f52c7a91b20; nothing before the first.
current_release() {
  readlink "$target/current" || true
}

# Become the only one who changes the target, until this process ends.
lock_target() {
  mkdir -p "$target/releases"
  exec 9>"$target/lock"
  flock -w 30 9 || { say "locked by another deployment for 30 seconds"; exit 75; }
}

# Refuse an attempt that a later one has overtaken, or be the latest from now on.
refuse_overtaken() {
  seen_deployment=0 seen_fence=0
  [ ! -f "$target/seen" ] || read -r seen_deployment seen_fence <"$target/seen"
  if [ "$INGOT_DEPLOYMENT" -lt "$seen_deployment" ] ||
     { [ "$INGOT_DEPLOYMENT" -eq "$seen_deployment" ] && [ "$INGOT_FENCE" -lt "$seen_fence" ]; }; then
    say "deployment $INGOT_DEPLOYMENT fence $INGOT_FENCE refused:" \
        "deployment $seen_deployment fence $seen_fence came before it"
    exit 1
  fi
  echo "$INGOT_DEPLOYMENT $INGOT_FENCE" >"$target/seen.new"
  sync "$target/seen.new"
  mv -T "$target/seen.new" "$target/seen"
}

# Let RELEASE serve. The rename is the only instant at which anything changes.
switch_to() {
  ln -sfn "$1" "$target/current.new"
  mv -T "$target/current.new" "$target/current"
  sync "$target"
}
