# SPDX-License-Identifier: Apache-2.0
"""Train a softmax (multinomial logistic) regression by gradient descent.

Reads inputs/train; writes model.json and metrics.json. A fifth of the rows is
kept for validation: `accuracy` and `loss` are measured there, and by them the
pipeline selects among the instances of its matrix. The test rows stay unseen.
"""

import argparse
import json
import os
import random
import statistics
from operator import mul

import classifier

VALIDATION_SHARE = 0.2
POINT_EVERY = 10  # epochs between two live points


def arguments():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("--rate", type=float, required=True, help="learning rate")
  parser.add_argument("--l2", type=float, required=True, help="penalty on squared weights")
  parser.add_argument("--epochs", type=int, required=True, help="passes over the training rows")
  parser.add_argument("--seed", type=int, required=True, help="validation rows, first weights")
  return parser.parse_args()


def blank_model(rows):
  """A model that knows the columns, measured on the training rows, and no weights yet."""
  numeric = {}
  for column in classifier.NUMERIC:
    values = [float(row[column]) for row in rows]
    numeric[column] = {
      "mean": round(statistics.fmean(values), 9),
      "scale": round(statistics.pstdev(values), 9),
    }
  return {
    "species": sorted({row["species"] for row in rows}),
    "numeric": numeric,
    "categorical": {
      column: sorted({row[column] for row in rows}) for column in classifier.CATEGORICAL
    },
  }


def gradient(weights, encoded, columns, labels, l2):
  """Of mean cross-entropy and penalty. `columns` is `encoded` transposed; a bias is not penalised."""
  errors = [[] for _ in weights]
  for features, label in zip(encoded, labels):
    for index, likely in enumerate(classifier.probabilities(weights, features)):
      errors[index].append(likely - (index == label))
  slopes = []
  for weight, error in zip(weights, errors):
    slope = [sum(map(mul, error, column)) / len(labels) for column in columns]
    slopes.append([slope[0]] + [s + l2 * w for s, w in zip(slope[1:], weight[1:])])
  return slopes


def report_point(epoch, scores):
  """A live point for those who watch; outside Ingot nobody does."""
  path = os.environ.get("INGOT_METRICS")
  if path:
    with open(path, "a", encoding="utf-8") as file:
      file.write(json.dumps({"step": epoch, **scores}) + "\n")


def fit(weights, train, validation, options):
  encoded, labels = train
  columns = list(zip(*encoded))
  for epoch in range(1, options.epochs + 1):
    slopes = gradient(weights, encoded, columns, labels, options.l2)
    weights = [
      [w - options.rate * s for w, s in zip(weight, slope)]
      for weight, slope in zip(weights, slopes)
    ]
    if epoch % POINT_EVERY == 0 or epoch == options.epochs:
      report_point(epoch, classifier.score(weights, *validation))
  return [[round(w, 9) for w in weight] for weight in weights]


def encode_all(model, rows):
  encoded = [classifier.encode(model, row) for row in rows]
  labels = [model["species"].index(row["species"]) for row in rows]
  return encoded, labels


def main():
  options = arguments()
  rng = random.Random(options.seed)
  rows = classifier.read_rows("inputs/train")
  rows.sort(key=lambda row: rng.random())
  kept = round(len(rows) * VALIDATION_SHARE)

  model = blank_model(rows[kept:])
  train = encode_all(model, rows[kept:])
  validation = encode_all(model, rows[:kept])
  start = [[rng.gauss(0, 0.01) for _ in train[0][0]] for _ in model["species"]]
  model["weights"] = fit(start, train, validation, options)

  metrics = classifier.score(model["weights"], *validation)
  metrics["train"] = classifier.score(model["weights"], *train)
  classifier.write_json("model.json", model)
  classifier.write_json("metrics.json", metrics)
  print(f"{options.epochs} epochs at rate {options.rate:g}, l2 {options.l2:g}: "
        f"validation accuracy {metrics['accuracy']:.4f}, loss {metrics['loss']:.4f}")


if __name__ == "__main__":
  main()
