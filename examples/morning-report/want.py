"""Computes the expected rollup of this example without Windrow: python3 want.py"""

import gzip
import json
import math
import pathlib
from collections import defaultdict
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).parent

groups = defaultdict(list)
for line in gzip.open(HERE / "requests.ndjson.gz", "rt"):
    r = json.loads(line)
    start = datetime.fromisoformat(r["ts"]).astimezone(timezone.utc).strftime("%Y-%m-%d %H:00:00")
    groups[start, r["service"]].append(r)

with open(HERE / "want.latency_1h.csv", "w") as out:
    print("window_start,service,requests,avg_ms,max_ms,sum_ms,errors", file=out)
    for key in sorted(groups):
        ms = [r["ms"] for r in groups[key]]
        total = math.fsum(ms)
        errors = sum(r["status"] >= 500 for r in groups[key])
        row = [*key, len(ms), repr(total / len(ms)), repr(float(max(ms))), repr(total), errors]
        print(",".join(map(str, row)), file=out)

print(f"latency_1h: {sum(map(len, groups.values()))} events")
