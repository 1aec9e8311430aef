# SPDX-License-Identifier: Apache-2.0
"""Figures, rounds and what is made of them: medians, ratios, a table, JSON.

A workload measures limits, ours and peers in turns; a turn of all is a round. Ratios are
taken within a round, because a shared machine drifts; a round whose limit moved by more
than a tenth from the median of all is left out of that figure.
"""

import json
from dataclasses import dataclass
from statistics import median

MOVED = 0.10


@dataclass(frozen=True)
class Figure:
  metric: str
  ours: str               # which measurement of a round
  limit: str = None       # which one it is compared with; None: `target` is of ours itself
  target: str = ""        # ">= 0.60", "<= 100"; "": nothing is asked of it
  unit: str = ""          # of ours and limit
  durability: str = ""    # D2 after power loss, D1 after kill -9, D0 not kept

  def is_met_by(self, value):
    if not self.target:
      return None
    sign, wanted = self.target.split()
    return value >= float(wanted) if sign == ">=" else value <= float(wanted)


@dataclass
class Result:
  figure: Figure
  ours: float = None
  limit: float = None
  judged: float = None    # the ratio, or ours
  low: float = None
  high: float = None
  kept: int = 0
  left_out: int = 0


def steady(figure, rounds):
  """The rounds that have the figure and whose limit did not move."""
  have = [r for r in rounds if r.get(figure.ours) is not None]
  if not figure.limit:
    return have
  have = [r for r in have if r.get(figure.limit)]
  if not have:
    return []
  middle = median(r[figure.limit] for r in have)
  return [r for r in have if abs(r[figure.limit] - middle) <= MOVED * middle] or have


def judge(figure, rounds):
  kept = steady(figure, rounds)
  if not kept:
    return Result(figure, left_out=len(rounds))
  values = [r[figure.ours] / r[figure.limit] if figure.limit else r[figure.ours] for r in kept]
  return Result(figure, median(r[figure.ours] for r in kept),
                median(r[figure.limit] for r in kept) if figure.limit else None,
                median(values), min(values), max(values), len(kept), len(rounds) - len(kept))


def number(value):
  if value is None:
    return ""
  if abs(value) >= 1000:
    return f"{value:,.0f}"
  return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def row(result):
  f = result.figure
  if result.kept == 0:
    absent = "not installed" if result.left_out else "FAILED"
    return [f.metric, absent, "", "", f.target, "", f.durability, "", ""]
  met = f.is_met_by(result.judged)
  ratio = f"{result.judged:.2f}" if f.limit else ""
  spread = f"{number(result.low)} - {number(result.high)}"
  rounds = f"{result.kept}/{result.kept + result.left_out}"
  return [f.metric, f"{number(result.ours)} {f.unit}", number(result.limit), ratio, f.target,
          {None: "", True: "met", False: "MISSED"}[met], f.durability, spread, rounds]


HEADINGS = ["metric", "ours", "limit", "ratio", "target", "", "class", "min - max", "kept"]


def table(results):
  rows = [HEADINGS] + [row(result) for result in results]
  widths = [max(len(line[i]) for line in rows) for i in range(len(HEADINGS))]
  rows.insert(1, ["-" * width for width in widths])
  return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
                   for line in rows)


def as_json(results, rounds, facts):
  return json.dumps({
    **facts,
    "figures": [{**vars(r.figure), "value": r.ours, "limit_value": r.limit, "judged": r.judged,
                 "min": r.low, "max": r.high, "kept": r.kept, "left_out": r.left_out,
                 "met": r.figure.is_met_by(r.judged) if r.kept else None} for r in results],
    "rounds": rounds,
  }, indent=1)
