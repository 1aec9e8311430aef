# SPDX-License-Identifier: Apache-2.0
"""Draw inputs/forecast; write the folder report: index.html and forecast.png."""

import csv
import pathlib

import matplotlib

matplotlib.use("Agg")  # draws into files, needs no display
from matplotlib import pyplot

BINS = 5
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Rain in Seattle</title>
<h1>Will it rain in Seattle tomorrow?</h1>
<p>{days} days forecast, {right} of them rightly.</p>
<img src="forecast.png" alt="Rainy days by month, and chance forecast against rain that came">
<table>
<tr><th>month</th><th>days</th><th>rain came</th><th>forecast rightly</th></tr>
{rows}
</table>
"""


def read_forecast():
  with open("inputs/forecast", newline="", encoding="utf-8") as file:
    return [
      {
        "month": int(row["date"][5:7]),
        "came": int(row["rain_tomorrow"]),
        "chance": float(row["probability"]),
      }
      for row in csv.DictReader(file)
    ]


def by_month(days):
  return {
    month: group
    for month in range(1, 13)
    if (group := [day for day in days if day["month"] == month])
  }


def mean(days, key):
  return sum(day[key] for day in days) / len(days)


def right(days):
  return sum((day["chance"] >= 0.5) == day["came"] for day in days)


def draw_months(axes, days):
  months = by_month(days)
  names = [MONTHS[month - 1] for month in months]
  axes.bar(names, [mean(group, "came") for group in months.values()], color="#9ecae1", label="came")
  axes.plot(names, [mean(group, "chance") for group in months.values()], "o-", color="#08519c",
            label="forecast")
  axes.set(title="Rainy days by month", ylim=(0, 1), ylabel="share of days")
  axes.legend()


def draw_reliability(axes, days):
  """Of the days given a chance of 30 %, did it rain on 30 %?"""
  bins = [[] for _ in range(BINS)]
  for day in days:
    bins[min(int(day["chance"] * BINS), BINS - 1)].append(day)
  bins = [group for group in bins if group]
  axes.plot([0, 1], [0, 1], "--", color="#999999")
  axes.plot([mean(group, "chance") for group in bins], [mean(group, "came") for group in bins], "o-",
            color="#08519c")
  axes.set(title="Is the chance to be trusted?", xlim=(0, 1), ylim=(0, 1), xlabel="chance forecast",
           ylabel="rain came")


def main():
  days = read_forecast()
  folder = pathlib.Path("report")
  folder.mkdir()

  figure, (left, right_side) = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
  draw_months(left, days)
  draw_reliability(right_side, days)
  # Without metadata: a version or a time in the file would change its bytes.
  figure.savefig(folder / "forecast.png", dpi=100, metadata={"Software": None})

  rows = "\n".join(
    f"<tr><td>{MONTHS[month - 1]}</td><td>{len(group)}</td>"
    f"<td>{sum(day['came'] for day in group)}</td><td>{right(group)}</td></tr>"
    for month, group in by_month(days).items())
  page = PAGE.format(days=len(days), right=right(days), rows=rows)
  (folder / "index.html").write_text(page, "utf-8")
  print(f"report on {len(days)} days, {right(days)} forecast rightly")


if __name__ == "__main__":
  main()
