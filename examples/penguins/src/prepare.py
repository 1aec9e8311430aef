# SPDX-License-Identifier: Apache-2.0
"""prepare.py TABLE TRAIN TEST - complete rows, split into training and test rows.

The seed of the split is a constant and no parameter of the pipeline: every run
is measured on the same held-out penguins, whatever it was trained with.
"""

import csv
import pathlib
import random
import sys

SEED = 20140301
TEST_SHARE = 0.3


def read_complete(path):
  """The column names, the rows without a missing value, and how many were dropped."""
  with open(path, newline="", encoding="utf-8") as file:
    table = csv.DictReader(file)
    rows = list(table)
  complete = [row for row in rows if all(row.values())]
  return table.fieldnames, complete, len(rows) - len(complete)


def split(rows, seed=SEED):
  """Stratified: each species gives the same share of its rows to the test."""
  rng = random.Random(seed)
  train, test = [], []
  for species in sorted({row["species"] for row in rows}):
    group = [row for row in rows if row["species"] == species]
    group.sort(key=lambda row: rng.random())
    held_out = round(len(group) * TEST_SHARE)
    test += group[:held_out]
    train += group[held_out:]
  return train, test


def write_rows(path, columns, rows):
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  with path.open("w", newline="", encoding="utf-8") as file:
    table = csv.DictWriter(file, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)


def main(table, train_path, test_path):
  columns, rows, dropped = read_complete(table)
  train, test = split(rows)
  write_rows(train_path, columns, train)
  write_rows(test_path, columns, test)
  print(f"{len(rows)} complete rows, {dropped} dropped: {len(train)} to train, {len(test)} to test")


if __name__ == "__main__":
  if len(sys.argv) != 4:
    sys.exit(__doc__.splitlines()[0])
  main(*sys.argv[1:])
