#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_headers.sh - each header compiles alone
#
#   check_headers.sh [ROOT]
#
# A header that needs another one to be included first says so nowhere, and breaks
# the next file that includes it. $CC names the compiler.
set -eu

cd "${1:-.}"
headers=$(find base store workers scheduler web cli tests -name '*.h' 2>/dev/null | sort)
if [ -z "$headers" ]; then
  echo "check_headers: no headers below $(pwd)" >&2
  exit 1
fi

# shellcheck disable=SC2086  # our file names have no blanks
"${CC:-gcc}" -x c -std=gnu17 -D_GNU_SOURCE -I. -Werror -fsyntax-only $headers
# shellcheck disable=SC2086
echo $headers | wc -w | sed 's/$/ headers/'
