# SPDX-License-Identifier: Apache-2.0
"""The Seattle weather, where scikit-learn and matplotlib are installed: twice, byte by byte."""

import importlib.util
import json
import unittest

from workspace import Definition, Workspace

WEATHER = Definition("seattle-weather")
INSTALLED = all(importlib.util.find_spec(name) for name in ("sklearn", "matplotlib"))


class Weather(unittest.TestCase):
  def succeed(self, step, inputs, **values):
    place = Workspace(WEATHER, step, inputs)
    self.addCleanup(place.close)
    ended = place.run({name.replace("__", "."): value for name, value in values.items()},
                      OMP_NUM_THREADS="1")
    self.assertEqual(ended.returncode, 0, ended.stderr)
    return place

  def features(self, year):
    return self.succeed("features", {}, params__test_year=year) / "features"

  def test_features_keep_the_test_year_apart(self):
    folder = self.features(2014)
    self.assertEqual(sorted(path.name for path in folder.iterdir()),
                     ["schema.json", "test.csv", "train.csv"])
    years = {name: {line[:4] for line in (folder / name).read_text().splitlines()[1:]}
             for name in ("train.csv", "test.csv")}
    self.assertEqual(years, {"train.csv": {"2012", "2013"}, "test.csv": {"2014"}})

  def forecast(self, model):
    """All steps with one kind of model: the bytes of every output, and the metrics."""
    folder = self.features(2015)
    trained = self.succeed("train", {"features": folder}, matrix__model=model, params__seed=7)
    judged = self.succeed("evaluate", {"features": folder, "model": trained / "model.pickle"})
    drawn = self.succeed("report", {"forecast": judged / "forecast.csv"})
    outputs = (trained / "model.pickle", judged / "metrics.json", judged / "forecast.csv",
               drawn / "report/index.html", drawn / "report/forecast.png")
    return [path.read_bytes() for path in outputs], json.loads(outputs[1].read_text())

  @unittest.skipUnless(INSTALLED, "needs scikit-learn and matplotlib")
  def test_each_model_passes_the_gates_and_repeats_itself(self):
    for model in ("logistic", "forest", "boosting"):
      with self.subTest(model=model):
        outputs, metrics = self.forecast(model)
        self.assertGreaterEqual(metrics["auc"], 0.75)
        self.assertLess(metrics["brier"], metrics["baseline"]["brier"])
        self.assertEqual(outputs, self.forecast(model)[0])


if __name__ == "__main__":
  unittest.main()
