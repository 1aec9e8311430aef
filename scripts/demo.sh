#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh - the penguins example: from a commit to a deployed model
#
#   demo.sh INGOT FOLDER
#
# All that it makes lies in FOLDER: the repository, Ingot's home, the place that the
# model is deployed to. A second time everything comes from the cache.
set -eu

ingot=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")

export INGOT_HOME="$folder/home"
if [ ! -d "$folder/penguins" ]; then
  "$ingot" init --demo "$folder/penguins"
fi
cd "$folder/penguins"
"$ingot" run -p target="$folder/target"

cat <<END

That was a run of $folder/penguins. What next?

  export PATH="$(dirname "$ingot"):\$PATH" INGOT_HOME="$INGOT_HOME"
  cd $folder/penguins

  ingot run                                  again: all of it from the cache
  ingot metrics latest                       six trainings beside each other
  ingot why latest/evaluate                  why a step ran, or did not have to
  ingot lineage latest/evaluate.model        the commit, files and parameters behind the model
  ingot run -p epochs=50                     only what hangs on a parameter runs anew
  cat ingot.yaml                             the pipeline; ingot help, the commands
END
