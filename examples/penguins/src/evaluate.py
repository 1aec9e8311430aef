# SPDX-License-Identifier: Apache-2.0
"""Measure inputs/model on the held-out rows of inputs/test; write metrics.json."""

import collections

import classifier


def confusion(model, rows):
  """How often each (true species, predicted species) came out."""
  return collections.Counter((row["species"], classifier.predict(model, row)) for row in rows)


def measure(species, counts):
  """Accuracy, and for each species its recall and its number of rows."""
  rows = {name: sum(counts[name, other] for other in species) for name in species}
  right = sum(counts[name, name] for name in species)
  return {
    "accuracy": round(right / sum(rows.values()), 6),
    "recall": {name: round(counts[name, name] / rows[name], 6) for name in species if rows[name]},
    "rows": {"total": sum(rows.values()), **rows},
  }


def print_table(species, counts):
  print("true \\ predicted".ljust(18) + "".join(name.rjust(11) for name in species))
  for name in species:
    print(name.ljust(18) + "".join(str(counts[name, other]).rjust(11) for other in species))


def main():
  model = classifier.read_json("inputs/model")
  rows = classifier.read_rows("inputs/test")
  counts = confusion(model, rows)
  metrics = measure(model["species"], counts)
  classifier.write_json("metrics.json", metrics)
  print_table(model["species"], counts)
  print(f"accuracy {metrics['accuracy']:.4f} on {len(rows)} held-out penguins")


if __name__ == "__main__":
  main()
