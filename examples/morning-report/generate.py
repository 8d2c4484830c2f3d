"""Writes requests.ndjson.gz, always the same: python3 generate.py

Requests to five services from Thursday, 26 February 2026, to Tuesday, 3 March,
10:00 in Berlin. On Sunday evening the checkout is slow and fails now and then.
"""

import gzip
import json
import math
import pathlib
import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
random.seed(2026)
SERVICES = {"search": (38, 16), "catalog": (22, 12), "cart": (31, 7), "checkout": (74, 4), "login": (45, 5)}
INCIDENT = datetime(2026, 3, 1, 19, 30, tzinfo=ZONE), datetime(2026, 3, 1, 22, 10, tzinfo=ZONE)

events = []
hour, end = datetime(2026, 2, 26, 0, 0, tzinfo=ZONE), datetime(2026, 3, 3, 10, 0, tzinfo=ZONE)
while hour < end:
    busy = 0.35 + 0.65 * max(0.0, math.sin((hour.hour - 5) / 19 * math.pi))
    for service, (latency, rate) in SERVICES.items():
        for _ in range(max(1, round(rate * busy * random.uniform(0.8, 1.2)))):
            ts = hour + timedelta(seconds=random.randrange(3600), milliseconds=random.randrange(1000))
            slow = service == "checkout" and INCIDENT[0] <= ts < INCIDENT[1]
            ms = latency * random.lognormvariate(0, 0.35) * (random.uniform(4, 9) if slow else 1)
            status = 503 if random.random() < (0.18 if slow else 0.004) else random.choice([200] * 30 + [201] * 3 + [404])
            events.append((ts, {"ts": ts.isoformat(timespec="milliseconds"), "service": service, "status": status, "ms": round(ms, 2)}))
    hour += timedelta(hours=1)

events.sort(key=lambda e: e[0])
lines = "".join(json.dumps(e, separators=(",", ":")) + "\n" for _, e in events)
with open(pathlib.Path(__file__).parent / "requests.ndjson.gz", "wb") as f:
    f.write(gzip.compress(lines.encode(), 9, mtime=0))
print(len(events), "events")
