"""Computes the expected results of this example without Windrow: python3 want.py

Sums are exact (fractions) and rounded once, so the order of the records does
not matter.
"""

import csv
import math
import pathlib
from collections import defaultdict
from datetime import datetime, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

HERE = pathlib.Path(__file__).parent
ZONE = ZoneInfo("Europe/Berlin")

groups, bad = defaultdict(list), 0
for file in sorted(HERE.glob("readings-*.csv")):
    with open(file, newline="") as source:
        records = csv.reader(source, delimiter=";")
        header = next(records)
        for record in records:
            try:
                if len(record) != len(header):
                    raise ValueError("too few fields")
                row = dict(zip(header, record))
                time = datetime.fromisoformat(row["time"]).replace(tzinfo=ZONE).astimezone(timezone.utc)
                value = float(row["temperature"]) if row["temperature"] else None
            except ValueError:
                bad += 1
                continue
            start = time.strftime("%Y-%m-%d %H:00:00")
            groups[start, row["sensor"], row["place"]].append((time, value))


def spread(values):
    if len(values) < 2:
        return None
    exact = [Fraction(v) for v in values]
    mean = sum(exact) / len(exact)
    return round(math.sqrt(sum((v - mean) ** 2 for v in exact) / (len(exact) - 1)), 6)


def median(values):
    values = sorted(values)
    middle, odd = divmod(len(values), 2)
    return values[middle] if odd else values[middle - 1] * 0.5 + values[middle] * 0.5


def field(value):
    text = "" if value is None else repr(value) if isinstance(value, float) else str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in '",\r\n') else text


with open(HERE / "want.climate_1h.csv", "w", newline="") as out:
    print("window_start,sensor,place,readings,avg_temperature,median_temperature,spread,first_temperature,last_temperature", file=out)
    for key in sorted(groups):
        values = [v for _, v in sorted(groups[key], key=lambda r: r[0]) if v is not None]
        n = len(values)
        row = [*key, n, math.fsum(values) / n if n else None, median(values) if n else None, spread(values), values[0] if n else None, values[-1] if n else None]
        print(",".join(map(field, row)), file=out)

print(f"climate_1h: {sum(map(len, groups.values()))} usable, {bad} quarantined")
