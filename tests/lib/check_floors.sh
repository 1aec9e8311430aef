#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_floors.sh - includes only point down
#
#   check_floors.sh [ROOT]
#
# Reads every #include of the tree under ROOT and fails, naming each line, where
#  - a room includes a room that is not below it, or the private header of another;
#  - a pure room includes what reaches for a clock, a file, a process or a library;
#  - a library is spoken to outside its one room;
#  - a folder of sources has no place in the drawing below.
# tests/, bench/ and examples/ may include anything.
set -eu

cd "${1:-.}"
files=$(find base store workers scheduler web cli -name '*.[ch]' 2>/dev/null | sort)
if [ -z "$files" ]; then
  echo "check_floors: no sources below $(pwd)" >&2
  exit 1
fi

# shellcheck disable=SC2086  # our file names have no blanks
exec awk '
BEGIN {
  # From the ground up; rooms on one line do not see each other.
  line("base")
  line("store/blob store/db")
  line("store/pack store/records")
  line("workers/wire workers/process")
  line("workers/gpu workers/workspace")
  line("workers/agent")
  line("scheduler/expr")
  line("scheduler/pipeline scheduler/source")
  line("scheduler/plan")
  line("scheduler/run scheduler/queue")
  line("scheduler/engine")
  line("scheduler/daemon")
  line("web")
  line("cli")

  words("scheduler/plan scheduler/run scheduler/queue scheduler/engine", pure)
  impure = "^(base/(clock|fs)|store/(blob|db|pack)/|workers/|uv[./]|sqlite3|git2|unistd|fcntl|time[.]h|pthread|sys/)"

  library("^sqlite3[.]h$", "store/db scheduler/expr")
  library("^git2([.]h$|/)", "scheduler/source")
  library("^yaml[.]h$", "scheduler/pipeline")
  library("^archive(_entry)?[.]h$", "store/pack")
  library("^openssl/", "base")
}

function words(list, ret_set,    names, n, i) {
  n = split(list, names, " ")
  for (i = 1; i <= n; i++)
    ret_set[names[i]] = 1
}

function line(rooms,    names, n, i) {
  height++
  n = split(rooms, names, " ")
  for (i = 1; i <= n; i++)
    floor[names[i]] = height
}

function library(header, rooms) {
  libraries++
  library_header[libraries] = header
  library_rooms[libraries] = " " rooms " "
}

# The innermost folder of path that the drawing has, or "".
function room_of(path) {
  while (sub("/[^/]*$", "", path))
    if (path in floor)
      return path
  return ""
}

function fail(why) {
  printf "%s:%d: %s\n", FILENAME, FNR, why
  failures++
}

FNR == 1 {
  room = room_of(FILENAME)
  if (room == "")
    fail("this folder has no place in tests/lib/check_floors.sh")
}

room != "" && /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
  target = $0
  sub("^[^<\"]*[<\"]", "", target)
  sub("[>\"].*", "", target)
  includes++

  if ($0 ~ /"/) {
    there = room_of(target)
    if (there == "")
      fail("\"" target "\" is not a header of a room, from the root of the repository")
    else if (there != room && floor[there] >= floor[room])
      fail(room " is not above " there ": " target)
    else if (there != room && target ~ /_priv[.]h$/)
      fail(target " is for " there " alone")
  }
  if ((room in pure) && target ~ impure)
    fail(room " is pure and may not include " target)
  for (i = 1; i <= libraries; i++)
    if (target ~ library_header[i] && !index(library_rooms[i], " " room " "))
      fail(target " is spoken to in" library_rooms[i] "alone")
}

END {
  printf "%d includes, %d of them wrong\n", includes, failures
  exit failures > 0
}
' $files
