"""Writes readings.ndjson, always the same: python3 generate.py

Two hours of three freezers, a reading every 20 seconds. The door of the second
one stands open from 13:04 to 13:19; the third one has one warm reading only.
"""

import json
import pathlib
import random
from datetime import datetime, timedelta, timezone

random.seed(18)
start = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
door = start.replace(hour=13, minute=4), start.replace(hour=13, minute=19)

temperature = {"freezer-1": -21.0, "freezer-2": -19.5, "freezer-3": -20.2}
lines = []
for step in range(360):
    at = start + timedelta(seconds=20 * step)
    for name, now in temperature.items():
        target = 4.0 if name == "freezer-2" and door[0] <= at < door[1] else {"freezer-1": -21, "freezer-2": -19.5, "freezer-3": -20.2}[name]
        temperature[name] = now + (target - now) * 0.08 + random.uniform(-0.1, 0.1)
        shown = 12.5 if name == "freezer-3" and step == 150 else round(temperature[name], 2)
        lines.append(json.dumps({"at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "freezer": name, "celsius": shown}))
(pathlib.Path(__file__).parent / "readings.ndjson").write_text("\n".join(lines) + "\n")
