#!/bin/bash
# Two pretended GPUs: never two steps on one, and each sees its own in CUDA_VISIBLE_DEVICES.
. "$(dirname "$0")/lib.sh"

export INGOT_GPUS=2
repository p
pipeline <<END
defaults: { sources: [], cache: false }
steps:
  one:
    matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8] }
    resources: { gpu: 1, cpu: 0.1 }
    run: |
      echo "\$CUDA_VISIBLE_DEVICES begin" >>$T/uses
      sleep 0.1
      echo "\$CUDA_VISIBLE_DEVICES end" >>$T/uses
  both:
    resources: { gpu: 2, cpu: 0.1 }
    run: |
      echo "\$CUDA_VISIBLE_DEVICES" >$T/both
      for d in \$(echo \$CUDA_VISIBLE_DEVICES | tr , ' '); do echo "\$d begin" >>$T/uses; done
      sleep 0.1
      for d in \$(echo \$CUDA_VISIBLE_DEVICES | tr , ' '); do echo "\$d end" >>$T/uses; done
  none:
    resources: { cpu: 0.1 }
    run: echo "none '\$CUDA_VISIBLE_DEVICES'"
END
exits 0 ingot run --workers 4
same "devices" "$(cut -d' ' -f1 "$T/uses" | sort -u | wc -l)" 2
same "uses" "$(grep -c end "$T/uses")" 10
awk '$2 == "begin" && used[$1]++ { print "twice: " $1; bad = 1 } $2 == "end" { used[$1]-- }
	END { exit bad }' "$T/uses" || fail "two steps on one GPU"
grep -q , "$T/both" || fail "both: $(cat "$T/both")"
same "none" "$(ingot logs 1 none)" "none ''"

say "both were in use at once"
awk '$2 == "begin" { n++ } $2 == "end" { n-- } n > most { most = n } END { exit most != 2 }' "$T/uses" ||
	fail "one after the other"

say "three are more than there are: said at once"
sed -i 's/gpu: 2/gpu: 3/' ingot.yaml
commit three
exits 1 ingot run --step both
shows "3 GPU"
