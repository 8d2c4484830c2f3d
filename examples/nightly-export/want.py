"""Computes what this example gives without Windrow: python3 want.py

The rollup, and the files of the exports of 28 and 29 March: these are written
from the orders themselves, not from the rollup.
"""

import csv
import math
import pathlib
import shutil
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

HERE = pathlib.Path(__file__).parent
ZONE = ZoneInfo("Europe/Berlin")
# The slots: 02:30 in Berlin, and on 29 March, when there is none, 03:00.
SLOTS = [datetime(2026, 3, 27, 1, 30), datetime(2026, 3, 28, 1, 30), datetime(2026, 3, 29, 1, 0)]

groups = defaultdict(list)
for file in sorted(HERE.glob("orders-*.csv")):
    for r in csv.DictReader(open(file, newline="")):
        time = datetime.fromisoformat(r["time"]).astimezone(timezone.utc).replace(tzinfo=None)
        groups[time.replace(minute=0, second=0), r["country"]].append(r)


def row(rs):
    return [len(rs), sum(int(r["items"]) for r in rs), repr(math.fsum(float(r["total"]) for r in rs))]


with open(HERE / "want.sales_1h.csv", "w", newline="") as out:
    print("window_start,country,orders,items,total", file=out)
    for (start, country), rs in sorted(groups.items(), key=lambda g: (g[0][0], g[0][1] == "", g[0][1])):  # NULL last
        print(start, country, *row(rs), sep=",", file=out)

shutil.rmtree(HERE / "want", ignore_errors=True)
for begin, end in zip(SLOTS, SLOTS[1:]):
    night = end.replace(tzinfo=timezone.utc).astimezone(ZONE).strftime("%Y-%m-%d")
    for country in sorted({c for _, c in groups}):
        lines = []
        for (start, c), rs in sorted(groups.items()):
            if c == country and begin <= start < end:
                local = start.replace(tzinfo=timezone.utc).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
                lines.append([local, c or "NULL", *row(rs)])
        if not lines:
            continue
        name = "country=" + (country.replace("'", "%27") if country else "__HIVE_DEFAULT_PARTITION__")
        folder = HERE / "want" / "exports" / night / name
        folder.mkdir(parents=True)
        with open(folder / "nightly.csv", "w", newline="") as out:
            print("window_start;country;orders;items;total", file=out)
            for line in lines:
                print(*line, sep=";", file=out)

print(f"sales_1h: {sum(map(len, groups.values()))} events")
