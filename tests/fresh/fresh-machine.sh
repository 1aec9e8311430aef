#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fresh-machine.sh - `make demo` and `make test` where nothing is installed
#
#   fresh-machine.sh [FOLDER]
#
# Makes a minimal Debian 12 root in FOLDER (a new one below $TMPDIR, removed in the
# end; one that is named stays, and is used again without its packages being fetched
# anew), clones the commit at HEAD into it, and runs the two commands that the
# README promises. Needs root, debootstrap and the package mirror of this machine.
set -euo pipefail

here=$(dirname "$(realpath "$0")")
source=$(git -C "$here" rev-parse --show-toplevel)

if [ "$(id -u)" -ne 0 ]; then
  echo "fresh-machine.sh: needs root, for chroot and mounts" >&2
  exit 2
fi
if ! command -v debootstrap >/dev/null; then
  echo "fresh-machine.sh: debootstrap is not installed" >&2
  exit 2
fi

# All mounts are made in here, so that they end with it, however it ends.
if [ -z "${FRESH_MACHINE_INSIDE-}" ]; then
  FRESH_MACHINE_INSIDE=1 exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi

if [ $# -gt 0 ]; then
  mkdir -p "$1"
  root=$(realpath "$1")
else
  root=$(mktemp -d "${TMPDIR:-/tmp}/fresh-machine.XXXXXX")
  # --one-file-system: a mount that is still there is not what is to be removed.
  trap 'umount -R "$root/proc" "$root/dev" "$root/sys" 2>/dev/null; rm -rf --one-file-system "$root"' EXIT
fi

# mirror: the address that this machine fetches Debian 12 from
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "bookworm" && $3 == "main" { print $1; exit }'
}

# inside COMMAND...: in the root, as a new login there would have it
inside() {
  env -i HOME=/root USER=root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 \
    ${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} \
    chroot "$root" "$@"
}

timed() {
  local started=$SECONDS
  echo "== $*"
  "$@"
  echo "== $((SECONDS - started)) s: $*"
}

if [ ! -e "$root/etc/debian_version" ]; then
  from=$(mirror)
  timed debootstrap --variant=minbase bookworm "$root" "${from:-http://deb.debian.org/debian}"
fi
# The machine's own way to the mirror: other suites, a proxy.
cp -r /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/" 2>/dev/null || true
for setting in /etc/apt/apt.conf.d/*proxy*; do
  [ ! -e "$setting" ] || cp "$setting" "$root/etc/apt/apt.conf.d/"
done
cp /etc/resolv.conf "$root/etc/resolv.conf"

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount --make-rslave "$root/dev"
mount --make-rslave "$root/sys"

rm -rf "$root/root/ingot"
git clone --quiet --no-hardlinks "file://$source" "$root/root/ingot"

timed inside apt-get update -qq
timed inside apt-get install -qq --yes --no-install-recommends make
timed inside make -C /root/ingot demo
timed inside make -C /root/ingot test
echo "fresh-machine.sh: both green"
