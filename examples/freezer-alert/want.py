"""Computes the expected rollup of this example without Windrow: python3 want.py"""

import json
import math
import pathlib
from collections import defaultdict

HERE = pathlib.Path(__file__).parent

groups = defaultdict(list)
for line in open(HERE / "readings.ndjson"):
    r = json.loads(line)
    groups[r["at"][:10] + " " + r["at"][11:16] + ":00", r["freezer"]].append(r["celsius"])

with open(HERE / "want.temperature_1m.csv", "w") as out:
    print("window_start,freezer,celsius,readings", file=out)
    for (start, freezer), values in sorted(groups.items()):
        print(start, freezer, repr(math.fsum(values) / len(values)), len(values), sep=",", file=out)

print(f"temperature_1m: {sum(map(len, groups.values()))} events")
