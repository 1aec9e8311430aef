# SPDX-License-Identifier: Apache-2.0
"""Forecast the test year with inputs/model; write metrics.json and forecast.csv.

The baseline is tomorrow as today: a forecast that costs nothing, which a model
has to beat. Unpickling runs code, so a model is only loaded that this very
pipeline has made.
"""

import csv
import pickle

import table
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score


def measure(targets, likely):
  return {
    "accuracy": round(accuracy_score(targets, likely >= 0.5), 6),
    "auc": round(roc_auc_score(targets, likely), 6),
    "brier": round(brier_score_loss(targets, likely), 6),
  }


def write_forecast(dates, targets, likely):
  with open("forecast.csv", "w", newline="", encoding="utf-8") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(("date", "rain_tomorrow", "probability"))
    for date, target, chance in zip(dates, targets, likely):
      rows.writerow((date, target, f"{chance:.6f}"))


def main():
  with open("inputs/model", "rb") as file:
    model = pickle.load(file)
  dates, features, targets = table.read("test.csv")
  likely = model.predict_proba(features)[:, 1]
  as_today = (features[:, 0] > 0).astype(float)  # the first feature is today's rain

  metrics = measure(targets, likely)
  metrics["baseline"] = measure(targets, as_today)
  metrics["days"] = len(targets)
  table.write_metrics(metrics)
  write_forecast(dates, targets, likely)
  print(f"accuracy {metrics['accuracy']:.4f}, auc {metrics['auc']:.4f} on {len(targets)} days; "
        f"tomorrow as today: accuracy {metrics['baseline']['accuracy']:.4f}")


if __name__ == "__main__":
  main()
