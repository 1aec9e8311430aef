# SPDX-License-Identifier: Apache-2.0
"""invariants.py - what must hold after every kill, whatever was killed.

- The file is whole: SQLite's own checks, foreign keys.
- A step has at most one result, under the fence of an attempt that has ended.
- No fence ever decreases; no fence starts a command twice.
- What was acknowledged - shown by a client or answered to a query - is still there,
  the same, and its digests hash to their names.
"""
import collections

RESULTS = """
SELECT r.step_id, r.fence, r.outcome, coalesce(group_concat(o.name || ' ' || lower(hex(o.digest)), ','), '')
FROM result r LEFT JOIN (SELECT * FROM output ORDER BY step_id, name) o USING (step_id)
GROUP BY r.step_id"""
NAMES = "SELECT (step_id >> 24) || ' ' || name, step_id FROM step_spec"
BROKEN = {  # each query must give nothing
    "a result without an ended attempt under its fence": """
        SELECT r.step_id FROM result r LEFT JOIN attempt a USING (step_id, fence)
        WHERE a.state IS NOT (SELECT number FROM word WHERE kind = 'attempt_state' AND name = 'finished')""",
    "a result of a step that is not over": """
        SELECT s.step, s.state FROM result r JOIN steps s ON s.id = r.step_id
        WHERE s.state NOT IN ('succeeded', 'failed', 'timed_out', 'skipped', 'cancelled')""",
    "a step that succeeded without a result": """
        SELECT s.step FROM steps s WHERE s.state = 'succeeded'
        AND NOT EXISTS (SELECT 1 FROM result r WHERE r.step_id = s.id)""",
    "an attempt above its step's fence": """
        SELECT a.step_id FROM attempt a JOIN step s ON s.id = a.step_id WHERE a.fence > s.fence""",
    "two live attempts of a step": """
        SELECT step_id FROM attempt WHERE state < 2 GROUP BY 1 HAVING count(*) > 1""",
    "a run that succeeded without one of its steps": """
        SELECT run, step FROM steps s JOIN runs r ON r.id = s.run WHERE r.state = 'succeeded'
        AND s.state NOT IN ('succeeded', 'cached')""",
}


class Invariants:
    def __init__(self, home, starts):
        self.home, self.starts = home, starts
        self.results = {}  # step_id -> (fence, outcome, outputs), as they were first seen
        self.fences = {}
        self.hashed = set()

    def check_copy(self, folder, shown):
        """The database as the dead scheduler left it; shown: (run, step)s that a client
        had printed as succeeded before the kill."""
        db = self.home.open_copy(folder)
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "integrity_check"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == [], "foreign_key_check"
        for what, query in BROKEN.items():
            assert not (rows := db.execute(query).fetchall()), f"{what}: {rows}"
        self.compare(db.execute(RESULTS).fetchall())
        for step, fence in db.execute("SELECT id, fence FROM step"):
            assert fence >= self.fences.get(step, 0), f"the fence of step {step} went down"
            self.fences[step] = fence
        ids = dict(db.execute(NAMES))
        for name in shown:
            assert ids.get(name) in self.results, f"shown as succeeded, not on record: {name}"
        db.close()

    def check_answers(self):
        """What the scheduler answers; once it has answered it, it is acknowledged."""
        self.compare([tuple(row.values()) for row in self.home.sql(RESULTS)])

    def compare(self, rows):
        now = {step: (fence, outcome, outputs) for step, fence, outcome, outputs in rows}
        assert len(now) == len(rows), "two results of one step"
        for step, result in self.results.items():
            assert now.get(step) == result, f"step {step}: {now.get(step)} was {result}"
        for step, result in now.items():
            if step not in self.results:
                self.results[step] = result
                self.hash_outputs(result[2])

    def hash_outputs(self, outputs):
        for digest in (output.split()[1] for output in filter(None, outputs.split(","))):
            if digest not in self.hashed:
                assert self.home.digest_of_blob(digest) == digest, f"{digest} is damaged"
                self.hashed.add(digest)

    def hash_again(self):
        count, self.hashed = len(self.hashed), set()
        for _, _, outputs in self.results.values():
            self.hash_outputs(outputs)
        assert len(self.hashed) == count

    def check_starts(self):
        with open(self.starts) as f:
            counts = collections.Counter(f.read().splitlines())
        twice = [line for line, n in counts.items() if n > 1]
        assert not twice, f"an attempt was started twice: {twice}"
        return sum(counts.values())
