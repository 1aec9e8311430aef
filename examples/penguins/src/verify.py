# SPDX-License-Identifier: Apache-2.0
"""verify.py MODEL - load a deployed model and ask it for penguins whose species is known."""

import sys

import classifier

COLUMNS = ("species", "island", *classifier.NUMERIC, "sex")
KNOWN = (
  ("Adelie", "Torgersen", 39.1, 18.7, 181, 3750, "MALE"),
  ("Adelie", "Dream", 37.0, 16.9, 185, 3000, "FEMALE"),
  ("Chinstrap", "Dream", 50.0, 19.5, 196, 3900, "MALE"),
  ("Gentoo", "Biscoe", 46.1, 13.2, 211, 4500, "FEMALE"),
  ("Gentoo", "Biscoe", 50.0, 16.3, 230, 5700, "MALE"),
)


def main(path):
  model = classifier.read_json(path)
  wrong = 0
  for values in KNOWN:
    row = dict(zip(COLUMNS, values))
    predicted = classifier.predict(model, row)
    if predicted != row["species"]:
      print(f"verify: {path} takes a known {row['species']} for a {predicted}", file=sys.stderr)
      wrong += 1
  if wrong:
    sys.exit(1)
  print(f"{path} knows all {len(KNOWN)} penguins")


if __name__ == "__main__":
  if len(sys.argv) != 2:
    sys.exit(__doc__)
  main(sys.argv[1])
