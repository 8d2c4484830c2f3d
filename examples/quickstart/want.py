"""Computes the expected results of this example without Windrow.

    python3 want.py        (needs the zstd command)

Reads logs/, loads the usable records of each rollup into SQLite in memory, and
writes want.NAME.csv as `windrow export NAME` prints it. Sums of REAL are exact
before they are rounded once (math.fsum), whatever the order of the records.
"""

import gzip
import json
import math
import pathlib
import sqlite3
import subprocess
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).parent


def lines():
    for file in sorted(HERE.glob("logs/*")):
        data = file.read_bytes()
        if file.suffix == ".gz":
            data = gzip.decompress(data)
        elif file.suffix == ".zst":
            data = subprocess.run(["zstd", "-dcq", file], check=True, capture_output=True).stdout
        yield from data.decode().splitlines()


# How a JSON value becomes a value of each type. ValueError and TypeError mean
# that it does not; None stays None.


def timestamp(v):
    return datetime.fromisoformat(v).astimezone(timezone.utc)


def integer(v):
    if isinstance(v, float) and not v.is_integer():
        raise ValueError(v)
    return int(v)


def text(v):
    if not isinstance(v, str):
        raise TypeError(v)
    return v


COLUMNS = {
    "ts": lambda r: timestamp(r["ts"]),
    "host": lambda r: text(r["host"]),  # KeyError: it must not be missing
    "status": lambda r: r.get("status") and integer(r["status"]),
    "latency_ms": lambda r: r.get("latency_ms") and float(r["latency_ms"]),
    "bytes": lambda r: r.get("bytes") and integer(r["bytes"]),
    "country": lambda r: r.get("client") and text(r["client"]["country"]),
}


def usable(names, minutes):
    """The records of a rollup that names these columns, and the number of others."""
    rows, bad = [], 0
    for line in lines():
        try:
            record = json.loads(line)
            row = [COLUMNS[name](record) for name in names]
        except (ValueError, TypeError, KeyError):
            bad += 1
            continue
        t = row[0]
        start = t.replace(minute=t.minute - t.minute % minutes, second=0)
        rows.append([start.strftime("%Y-%m-%d %H:%M:%S"), *row[1:]])
    return rows, bad


class ExactAverage:
    def __init__(self):
        self.values = []

    def step(self, value):
        if value is not None:
            self.values.append(value)

    def finalize(self):
        return math.fsum(self.values) / len(self.values) if self.values else None


def field(value):
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def rollup(name, columns, minutes, select):
    rows, bad = usable(columns, minutes)
    db = sqlite3.connect(":memory:")
    db.create_aggregate("exact_avg", 1, ExactAverage)
    names = ["window_start", *columns[1:]]
    db.execute(f"CREATE TABLE events ({', '.join(names)})")
    db.executemany(f"INSERT INTO events VALUES ({', '.join('?' * len(names))})", rows)
    result = db.execute(select)
    with open(HERE / f"want.{name}.csv", "w", newline="") as out:
        print(",".join(column[0] for column in result.description), file=out)
        for row in result:
            print(",".join(map(field, row)), file=out)
    print(f"{name}: {len(rows)} usable, {bad} quarantined")


rollup("latency_1m", ["ts", "host", "status", "latency_ms"], 1, """
    SELECT window_start, host, count(*) AS requests, exact_avg(latency_ms) AS avg_ms, max(latency_ms) AS max_ms
    FROM events WHERE status < 500 GROUP BY 1, 2 ORDER BY 1, 2""")
rollup("traffic_5m", ["ts", "country", "status", "bytes"], 5, """
    SELECT window_start, country, status / 100 AS class, count(*) AS requests, sum(bytes) AS bytes,
      count(*) FILTER (WHERE status = 504) AS timeouts
    FROM events GROUP BY 1, 2, 3 ORDER BY 1, 2 NULLS LAST, 3 NULLS LAST""")
