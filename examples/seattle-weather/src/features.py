# SPDX-License-Identifier: Apache-2.0
"""Turn daily weather into a folder of features: train.csv, test.csv, schema.json.

A row says what is known on the evening of `date`; the target is whether it
rained on the day after. The test is one whole year and training is all before
it, so that no model is measured on a past that it could not have had.
"""

import argparse
import csv
import datetime
import json
import math
import pathlib

WEEK = 7
TARGET = "rain_tomorrow"


def arguments():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("table", type=pathlib.Path)
  parser.add_argument("folder", type=pathlib.Path)
  parser.add_argument("--test-year", type=int, required=True)
  return parser.parse_args()


def read_days(path):
  with path.open(newline="", encoding="utf-8") as file:
    return [
      {
        "date": datetime.date.fromisoformat(row["date"]),
        "rain": float(row["precipitation"]),
        "high": float(row["temp_max"]),
        "low": float(row["temp_min"]),
        "wind": float(row["wind"]),
      }
      for row in csv.DictReader(file)
    ]


def features_of(week, tomorrow):
  """One row from the seven days that end with today."""
  yesterday, today = week[-2], week[-1]
  season = 2 * math.pi * today["date"].timetuple().tm_yday / 365.25
  return {
    "date": today["date"].isoformat(),
    "rain": today["rain"],
    "rain_yesterday": yesterday["rain"],
    "wet_days": sum(day["rain"] > 0 for day in week),
    "high": today["high"],
    "low": today["low"],
    "spread": round(today["high"] - today["low"], 6),
    "warming": round(today["high"] - yesterday["high"], 6),
    "wind": today["wind"],
    "season_sin": round(math.sin(season), 6),
    "season_cos": round(math.cos(season), 6),
    TARGET: int(tomorrow["rain"] > 0),
  }


def write_table(path, rows):
  with path.open("w", newline="", encoding="utf-8") as file:
    table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)


def main():
  options = arguments()
  days = read_days(options.table)
  rows = [
    features_of(days[end - WEEK:end], days[end]) for end in range(WEEK, len(days))
  ]
  train = [row for row in rows if int(row["date"][:4]) < options.test_year]
  test = [row for row in rows if int(row["date"][:4]) == options.test_year]
  if not train or not test:
    raise SystemExit(f"no rows to train on or to test in {options.test_year}")

  options.folder.mkdir(parents=True, exist_ok=True)
  write_table(options.folder / "train.csv", train)
  write_table(options.folder / "test.csv", test)
  schema = {
    "features": [name for name in rows[0] if name not in ("date", TARGET)],
    "target": TARGET,
    "rows": {"train": len(train), "test": len(test)},
    "test_year": options.test_year,
  }
  (options.folder / "schema.json").write_text(json.dumps(schema, indent=2) + "\n", "utf-8")
  print(f"{len(train)} days to train, {len(test)} days of {options.test_year} to test")


if __name__ == "__main__":
  main()
