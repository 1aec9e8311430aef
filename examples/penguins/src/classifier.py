# SPDX-License-Identifier: Apache-2.0
"""The classifier: how a penguin becomes numbers, and numbers a species.

Shared by train.py, evaluate.py and verify.py, so that a row is encoded in one
way only. A model is plain data, written as JSON:

  species      names, in the order of `weights`
  numeric      column -> mean and scale of the training rows
  categorical  column -> its values, one 0/1 feature each
  weights      one list per species: the bias, then a weight per feature, numeric
               before categorical, columns in the order of the constants below
"""

import csv
import json
import math
from operator import mul

NUMERIC = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
CATEGORICAL = ("island", "sex")


def read_rows(path):
  with open(path, newline="", encoding="utf-8") as file:
    return list(csv.DictReader(file))


def write_json(path, value):
  """Equal values give equal bytes: `ingot reproduce` compares them."""
  with open(path, "w", encoding="utf-8") as file:
    json.dump(value, file, indent=2, sort_keys=True, allow_nan=False)
    file.write("\n")


def read_json(path):
  with open(path, encoding="utf-8") as file:
    return json.load(file)


def encode(model, row):
  """The features of one row: 1 for the bias, z-scores, then the 0/1 features."""
  features = [1.0]
  for column in NUMERIC:
    scaling = model["numeric"][column]
    features.append((float(row[column]) - scaling["mean"]) / scaling["scale"])
  for column in CATEGORICAL:
    features.extend(float(row[column] == value) for value in model["categorical"][column])
  return features


def probabilities(weights, features):
  """Softmax, shifted by the largest score so that exp cannot overflow."""
  scores = [sum(map(mul, weight, features)) for weight in weights]
  highest = max(scores)
  powers = [math.exp(score - highest) for score in scores]
  total = sum(powers)
  return [power / total for power in powers]


def predict(model, row):
  """The most likely species of a row."""
  likely = probabilities(model["weights"], encode(model, row))
  return model["species"][likely.index(max(likely))]


def score(weights, encoded, labels):
  """Accuracy and mean cross-entropy over encoded rows; a label is an index into the species."""
  right, loss = 0, 0.0
  for features, label in zip(encoded, labels):
    likely = probabilities(weights, features)
    right += likely.index(max(likely)) == label
    loss -= math.log(max(likely[label], 1e-12))
  return {"accuracy": round(right / len(labels), 6), "loss": round(loss / len(labels), 6)}
