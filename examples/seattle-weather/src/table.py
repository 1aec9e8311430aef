# SPDX-License-Identifier: Apache-2.0
"""The feature folder inputs/features as arrays, and metrics as JSON."""

import csv
import json
import pathlib

import numpy

FOLDER = pathlib.Path("inputs/features")


def read(name):
  """Dates, feature matrix and targets of train.csv or test.csv, columns as in schema.json."""
  schema = json.loads((FOLDER / "schema.json").read_text("utf-8"))
  with (FOLDER / name).open(newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
  dates = [row["date"] for row in rows]
  features = numpy.array([[float(row[column]) for column in schema["features"]] for row in rows])
  targets = numpy.array([int(row[schema["target"]]) for row in rows])
  return dates, features, targets


def write_metrics(metrics):
  text = json.dumps(metrics, indent=2, sort_keys=True, allow_nan=False)
  pathlib.Path("metrics.json").write_text(text + "\n", "utf-8")
