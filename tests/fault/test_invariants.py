# SPDX-License-Identifier: Apache-2.0
"""test_invariants.py - a harness that never failed proves nothing: each kind of damage that
invariants.py looks for is planted in a real home, and must be found.

    INGOT=path/to/ingot python3 tests/fault/test_invariants.py
"""
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

from home import Home
from invariants import Invariants

PIPELINE = "steps: { s: { sources: [], run: 'echo $INGOT_RUN >out', outputs: { out: out } } }\n"
FREE = ("DROP TRIGGER attempt_ends_once; DROP TRIGGER result_is_fenced; "
        "DROP TRIGGER result_stays; DROP TRIGGER output_stays;")


class Planted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="ingot-planted.")
        cls.home = Home(cls.folder, os.environ["INGOT"])
        repo = os.path.join(cls.folder, "repo")
        git = ["git", "-C", repo, "-c", "user.name=P", "-c", "user.email=p@example.org"]
        os.mkdir(repo)
        with open(os.path.join(repo, "ingot.yaml"), "w") as f:
            f.write(PIPELINE)
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "p"]):
            subprocess.run(git + words, check=True, env=cls.home.env)
        cls.home.run("run", "-q", "repo")
        cls.home.run("run", "-q", "repo", "--no-cache")
        for p in cls.home.of_kind("scheduler"):
            os.kill(p.pid, 15)
        cls.home.await_none("left", cls.home.processes, 10)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        shutil.copytree(self.home.path, os.path.join(self.folder, "kept"))
        self.starts = os.path.join(self.folder, "starts")
        self.invariants = Invariants(self.home, self.starts)
        self.check()

    def tearDown(self):
        shutil.rmtree(self.home.path)
        os.rename(os.path.join(self.folder, "kept"), self.home.path)

    def check(self, shown=()):
        self.invariants.check_copy(os.path.join(self.folder, "copy"), shown)

    def plant(self, sql):
        db = sqlite3.connect(os.path.join(self.home.path, "ingot.db"))
        db.executescript(FREE + sql)
        db.close()

    def found(self, what, sql, shown=()):
        self.plant(sql)
        with self.assertRaisesRegex(AssertionError, what):
            self.check(shown)

    def test_a_result_is_gone(self):
        self.found("without a result|was", "DELETE FROM cache; DELETE FROM output; DELETE FROM result")

    def test_a_result_has_changed(self):
        self.found("was", "UPDATE output SET digest = zeroblob(32) WHERE step_id >> 24 = 1")

    def test_a_result_under_a_fence_of_nobody(self):
        self.found("foreign_key|without an ended attempt", "UPDATE result SET fence = fence + 1")

    def test_a_result_whose_step_runs_again(self):
        self.found("not over", "UPDATE step SET state = (SELECT number FROM word "
                   "WHERE kind = 'step_state' AND name = 'running')")

    def test_two_live_attempts(self):
        self.found("two live|not over|without an ended", """
            INSERT INTO attempt SELECT step_id, fence + n, number + n, worker_id, session, gpus, 0, NULL, 0,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
            FROM attempt, (SELECT 1 AS n UNION SELECT 2) WHERE step_id >> 24 = 1;
            UPDATE step SET fence = fence + 2""")

    def test_a_fence_goes_down(self):
        self.found("fence", "UPDATE step SET fence = fence - 1")

    def test_what_was_shown_is_not_there(self):
        self.check(["1 s"])
        with self.assertRaisesRegex(AssertionError, "not on record"):
            self.check(["1 t"])

    def test_the_file_is_damaged(self):
        path = os.path.join(self.home.path, "ingot.db")
        with open(path, "r+b") as f:
            f.seek(5 * 4096)
            f.write(os.urandom(16 * 4096))
        with self.assertRaises((AssertionError, sqlite3.DatabaseError)):
            self.check()

    def test_a_blob_is_damaged(self):
        digest = next(iter(self.invariants.hashed))
        path = os.path.join(self.home.path, "blobs", digest[:2], digest)
        os.chmod(path, 0o644)
        with open(path, "a") as f:
            f.write("x")
        with self.assertRaisesRegex(AssertionError, "damaged"):
            self.invariants.hash_again()

    def test_an_attempt_started_twice(self):
        with open(self.starts, "w") as f:
            f.write("1 s 7\n1 s 8\n")
        self.assertEqual(self.invariants.check_starts(), 2)
        with open(self.starts, "a") as f:
            f.write("1 s 8\n")
        with self.assertRaisesRegex(AssertionError, "twice"):
            self.invariants.check_starts()

    def test_a_process_is_left(self):
        with subprocess.Popen(["sleep", "5"], env=self.home.env) as left:
            time.sleep(0.05)
            with self.assertRaisesRegex(AssertionError, "left"):
                self.home.await_none("left", self.home.processes, 0.1)
            left.kill()


if __name__ == "__main__":
    unittest.main()
