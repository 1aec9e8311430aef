#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install-packages.sh - install the Debian packages that are missing
#
#   install-packages.sh [--list] PURPOSE...
#
# PURPOSE is run, build, test or package. Nothing is asked of the network when
# nothing is missing. --list prints what is missing and installs nothing.
# Where packages are not Debian's the lists still say what to look for; then CMake
# judges what is there.
set -eu

packages_of() {
  case $1 in
    run) echo ca-certificates git openssh-client python3 ;;
    build) echo cmake gcc libc6-dev make ninja-build pkg-config \
      libarchive-dev libcurl4-openssl-dev libgit2-dev libjansson-dev libsmartcols-dev \
      libsqlite3-dev libssl-dev libuv1-dev libyaml-dev ;;
    test) echo libcmocka-dev procps openssh-server ;;
    fuzz) echo clang libclang-rt-14-dev ;;
    package) echo dpkg-dev file ;;
    *)
      echo "install-packages.sh: no such purpose: $1" >&2
      exit 2
      ;;
  esac
}

missing_of() {
  for package; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
    [ "$status" = installed ] || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "install-packages.sh: these packages are missing, and neither root nor sudo is at hand." >&2
    echo "Let somebody who may do it run:" >&2
    echo "  apt-get install --no-install-recommends $missing" >&2
    exit 1
  fi
}

only_list=false
if [ "${1-}" = --list ]; then
  only_list=true
  shift
fi

wanted=
for purpose; do
  list=$(packages_of "$purpose")
  wanted="$wanted $list"
done
if ! command -v dpkg-query >/dev/null; then
  echo "install-packages.sh: not a Debian machine; needed, by their Debian names:$wanted" >&2
  exit 0
fi
# shellcheck disable=SC2086  # a list of words
missing=$(missing_of $wanted | tr '\n' ' ')
[ -n "$missing" ] || exit 0
echo "missing packages: $missing"
if $only_list; then
  exit 0
fi

as_root apt-get update --quiet=2
# RUNLEVEL=1: a service that comes along, such as sshd, is not started.
# shellcheck disable=SC2086
as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install --yes --quiet=2 \
  --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
