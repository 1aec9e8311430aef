#!/bin/sh -eu
# step.sh - what each step of storm.yaml does: says that it started, takes some
# hundredths of a second, writes the lines of its inputs and one of its own. No
# pipe, as whoever writes into one may be killed unnoticed.
echo "$INGOT_RUN $INGOT_STEP $INGOT_FENCE" >>"$STARTS"
sleep "0.0$((INGOT_FENCE % 5))"
echo "$INGOT_RUN $INGOT_STEP" >all
[ ! -d inputs ] || find inputs/ -type f ! -name index.json -exec cat {} + >>all
sort -u all >out
