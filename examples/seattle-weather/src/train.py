# SPDX-License-Identifier: Apache-2.0
"""Train one kind of model on inputs/features; write model.pickle and metrics.json.

The metrics come from a model that saw all training years but the last and is
measured on that last one; the pipeline selects by them. The model handed on is
the same kind, fitted to all training years.
"""

import argparse
import pickle

import numpy
import table
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def make_model(kind, seed):
  match kind:
    case "logistic":
      return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    case "forest":
      return RandomForestClassifier(200, min_samples_leaf=5, n_jobs=1, random_state=seed)
    case "boosting":
      return GradientBoostingClassifier(
        n_estimators=80, learning_rate=0.05, subsample=0.7, random_state=seed)


def validate(model, dates, features, targets):
  """Metrics on the last of the training years."""
  years = numpy.array([int(date[:4]) for date in dates])
  last = years == years.max()
  model.fit(features[~last], targets[~last])
  likely = model.predict_proba(features[last])[:, 1]
  return {
    "accuracy": round(accuracy_score(targets[last], likely >= 0.5), 6),
    "auc": round(roc_auc_score(targets[last], likely), 6),
    "loss": round(log_loss(targets[last], likely), 6),
  }


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("--model", choices=("logistic", "forest", "boosting"), required=True)
  parser.add_argument("--seed", type=int, required=True)
  options = parser.parse_args()

  model = make_model(options.model, options.seed)
  dates, features, targets = table.read("train.csv")
  metrics = validate(clone(model), dates, features, targets)
  model.fit(features, targets)

  with open("model.pickle", "wb") as file:
    pickle.dump(model, file, protocol=5)
  table.write_metrics(metrics)
  print(f"{options.model}: auc {metrics['auc']:.4f}, loss {metrics['loss']:.4f} on the last year")


if __name__ == "__main__":
  main()
