#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# generate.sh - man pages, completions and the package's changelog
#
#   generate.sh INGOT FOLDER
#
# A command has a page if `ingot help` lists it.
set -eu

ingot=$1
folder=$2
here=$(dirname "$0")

rm -rf "$folder"
mkdir -p "$folder/man1" "$folder/completions"

# -n: without a time, so that the same sources give the same bytes.
page() {
  gzip -9n >"$folder/man1/$1.1.gz"
}

commands=$("$ingot" help | awk '/^  [a-z]+ / { print $1 }')
[ -n "$commands" ]
"$ingot" man | page ingot
for command in $commands; do
  "$ingot" man "$command" | page "ingot-$command"
done
for shell in bash fish zsh; do
  "$ingot" completion "$shell" >"$folder/completions/$shell"
done
gzip -9n <"$here/debian/changelog" >"$folder/changelog.Debian.gz"
touch "$folder/done"
