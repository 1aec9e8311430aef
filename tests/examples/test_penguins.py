# SPDX-License-Identifier: Apache-2.0
"""The penguins: preparation, training, evaluation, and a target that is deployed to."""

import collections
import csv
import json
import os
import pathlib
import random
import signal
import tempfile
import time
import unittest

from workspace import Definition, Workspace

PENGUINS = Definition("penguins")


def rows_of(path):
  with open(path, newline="", encoding="utf-8") as file:
    return list(csv.DictReader(file))


class StepTest(unittest.TestCase):
  def succeed(self, step, inputs, values=None, **env):
    """Runs a step of the pipeline in a workspace of its own; fails the test unless it exits 0."""
    place = Workspace(PENGUINS, step, inputs)
    self.addCleanup(place.close)
    ended = place.run(values, **env)
    self.assertEqual(ended.returncode, 0, ended.stderr)
    return place

  def prepare(self):
    return self.succeed("prepare", {})

  def train(self, table, rate=0.5, epochs=200, seed=7, **env):
    values = {"matrix.rate": rate, "matrix.l2": 0.001, "params.epochs": epochs, "params.seed": seed}
    return self.succeed("train", {"train": table}, values, **env)


class Learning(StepTest):
  def test_prepare_splits_the_complete_rows(self):
    place = self.prepare()
    train, test = rows_of(place / "out/train.csv"), rows_of(place / "out/test.csv")
    complete = [row for row in rows_of(PENGUINS.folder / "data/penguins.csv") if all(row.values())]

    def sorted_values(rows):
      return sorted(tuple(row.values()) for row in rows)

    self.assertEqual(len(complete), 333)
    self.assertEqual(sorted_values(train + test), sorted_values(complete))
    self.assertEqual(collections.Counter(row["species"] for row in test),
                     {"Adelie": 44, "Chinstrap": 20, "Gentoo": 36})

  def test_model_passes_the_gate_on_held_out_rows(self):
    data = self.prepare()
    trained = self.train(data / "out/train.csv")
    place = self.succeed("evaluate",
                         {"model": trained / "model.json", "test": data / "out/test.csv"})
    metrics = json.loads((place / "metrics.json").read_text())
    self.assertGreaterEqual(metrics["accuracy"], 0.95)
    self.assertEqual(metrics["rows"], {"Adelie": 44, "Chinstrap": 20, "Gentoo": 36, "total": 100})
    right = sum(metrics["recall"][name] * metrics["rows"][name] for name in metrics["recall"])
    self.assertAlmostEqual(right / 100, metrics["accuracy"], places=4)

  def test_too_low_a_rate_learns_too_little(self):
    data = self.prepare()
    slow, fast = (self.train(data / "out/train.csv", rate=rate) for rate in (0.01, 0.5))
    slow, fast = (json.loads((place / "metrics.json").read_text()) for place in (slow, fast))
    self.assertLess(slow["accuracy"], fast["accuracy"])
    self.assertGreater(slow["loss"], 2 * fast["loss"])

  def test_equal_inputs_give_equal_bytes(self):
    first, second = self.prepare(), self.prepare()
    one, two = (self.train(place / "out/train.csv", epochs=20) for place in (first, second))
    other_seed = self.train(first / "out/train.csv", epochs=20, seed=8)
    for name in ("model.json", "metrics.json"):
      self.assertEqual((one / name).read_bytes(), (two / name).read_bytes())
    self.assertNotEqual((one / "model.json").read_bytes(), (other_seed / "model.json").read_bytes())

  def test_live_points_lead_to_the_final_metrics(self):
    data = self.prepare()
    place = self.train(data / "out/train.csv", epochs=25, INGOT_METRICS="live")
    points = [json.loads(line) for line in (place / "live").read_text().splitlines()]
    self.assertEqual([point["step"] for point in points], [10, 20, 25])
    self.assertGreater(points[0]["loss"], points[2]["loss"])
    metrics = json.loads((place / "metrics.json").read_text())
    self.assertAlmostEqual(points[2]["loss"], metrics["loss"], places=5)


class Target(StepTest):
  """Deployments to a folder in the test's own scratch space."""

  def setUp(self):
    scratch = tempfile.TemporaryDirectory(prefix="ingot-target-")
    self.addCleanup(scratch.cleanup)
    self.target = pathlib.Path(scratch.name) / "target"
    self.model = self.train(self.prepare() / "out/train.csv", epochs=50) / "model.json"

  def place(self, model=None):
    place = Workspace(PENGUINS, "deploy", {"model": model or self.model})
    self.addCleanup(place.close)
    return place

  def env(self, deployment, fence=1):
    return {"DEPLOY_TARGET": str(self.target), "INGOT_DEPLOYMENT": str(deployment),
            "INGOT_FENCE": str(fence)}

  def act(self, deployment, fence=1, command=None, model=None):
    """One attempt of the deploy step, or another command in its workspace."""
    return self.place(model).run(command=command, **self.env(deployment, fence))

  def serving(self):
    """The number of the deployment that serves, or None."""
    current = self.target / "current"
    if not current.is_symlink():
      return None
    self.assertTrue((current / "model.json").is_file())
    return int(current.resolve().name.split("-")[0])

  def assert_ends(self, ended, status):
    self.assertEqual(ended.returncode, status, ended.stderr)

  def test_deployed_model_serves_and_is_verified(self):
    self.assert_ends(self.act(1), 0)
    self.assertEqual(self.serving(), 1)
    self.assertEqual((self.target / "current/model.json").read_bytes(), self.model.read_bytes())
    self.assert_ends(self.act(1, command="src/verify.sh"), 0)

  def test_verify_refuses_a_model_that_confuses_species(self):
    model = json.loads(self.model.read_text())
    model["species"].reverse()
    confused = self.target.parent / "confused.json"
    confused.write_text(json.dumps(model))
    self.assert_ends(self.act(1, model=confused), 0)
    ended = self.act(1, command="src/verify.sh")
    self.assert_ends(ended, 1)
    self.assertIn("takes a known Adelie for a Gentoo", ended.stderr)

  def test_verify_refuses_another_deployment(self):
    self.assert_ends(self.act(1, command="src/verify.sh"), 1)
    self.assert_ends(self.act(1), 0)
    self.assert_ends(self.act(2, command="src/verify.sh"), 1)

  def test_rollback_twice_is_rollback_once(self):
    for deployment in (1, 2, 3):
      self.assert_ends(self.act(deployment), 0)
    for _ in range(2):
      self.assert_ends(self.act(3, command="./rollback.sh"), 0)
      self.assertEqual(self.serving(), 2)

  def test_rollback_of_the_first_leaves_nothing(self):
    self.assert_ends(self.act(1), 0)
    for _ in range(2):
      self.assert_ends(self.act(1, command="./rollback.sh"), 0)
      self.assertIsNone(self.serving())

  def test_rollback_of_what_never_served_changes_nothing(self):
    self.assert_ends(self.act(1), 0)
    self.assert_ends(self.act(2, command="./rollback.sh"), 0)
    self.assertEqual(self.serving(), 1)

  def test_overtaken_attempts_are_refused(self):
    self.assert_ends(self.act(1, fence=9), 0)
    self.assert_ends(self.act(2, fence=5), 0)
    for deployment, fence in ((2, 4), (1, 9), (1, 99)):
      ended = self.act(deployment, fence)
      self.assert_ends(ended, 1)
      self.assertIn("refused", ended.stderr)
      self.assert_ends(self.act(deployment, fence, command="./rollback.sh"), 1)
    self.assertEqual(self.serving(), 2)

  def test_repeated_attempt_keeps_what_was_before(self):
    self.assert_ends(self.act(1), 0)
    self.assert_ends(self.act(2, fence=1), 0)
    self.assert_ends(self.act(2, fence=2), 0)
    self.assert_ends(self.act(2, fence=2, command="./rollback.sh"), 0)
    self.assertEqual(self.serving(), 1)

  def test_home_stands_for_the_tilde(self):
    ended = self.place().run(**self.env(1) | {"HOME": str(self.target), "DEPLOY_TARGET": "~/a b"})
    self.assert_ends(ended, 0)
    self.assertTrue((self.target / "a b/current/model.json").is_file())

  def test_of_deployments_at_once_the_latest_serves(self):
    started = {number: self.place().start(**self.env(number)) for number in range(1, 9)}
    for number, process in started.items():
      _, stderr = process.communicate(timeout=60)
      self.assertIn(process.returncode, (0, 1), stderr)
    self.assertEqual(started[8].returncode, 0)
    self.assertEqual(self.serving(), 8)

  def test_killed_deployment_leaves_the_old_or_the_new(self):
    self.assert_ends(self.act(1), 0)
    before = 1
    rng = random.Random(1)
    for deployment in range(2, 22):
      process = self.place().start(**self.env(deployment))
      time.sleep(rng.uniform(0, 0.03))
      os.killpg(process.pid, signal.SIGKILL)
      process.communicate(timeout=60)
      self.assertIn(self.serving(), (before, deployment))
      self.assert_ends(self.act(deployment, fence=2), 0)
      self.assertEqual(self.serving(), deployment)
      self.assert_ends(self.act(deployment, fence=2, command="./rollback.sh"), 0)
      self.assertEqual(self.serving(), before)


if __name__ == "__main__":
  unittest.main()
