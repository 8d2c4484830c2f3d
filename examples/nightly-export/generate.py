"""Writes orders-*.csv, always the same: python3 generate.py

The orders of a shop from 27 to 31 March 2026, one file a day. In the night to
Sunday, the 29th, clocks in Berlin go from 02:00 to 03:00.
"""

import pathlib
import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

HERE = pathlib.Path(__file__).parent
ZONE = ZoneInfo("Europe/Berlin")
random.seed(29)
COUNTRIES = ["DE"] * 9 + ["AT"] * 3 + ["CH"] * 2 + ["FR", "NL", "Côte d'Ivoire", ""]

number = 10_000
for day in range(27, 32):
    at = datetime(2026, 3, day, tzinfo=ZONE).astimezone(timezone.utc)
    end = datetime(2026, 3, day, tzinfo=ZONE) + timedelta(days=1)
    lines = ["id,time,country,items,total"]
    while (at := at + timedelta(seconds=random.randrange(40, 900))) < end.astimezone(timezone.utc):
        number += 1
        items = random.choice([1, 1, 1, 2, 2, 3, 5])
        total = round(items * random.uniform(4, 60), 2)
        lines.append(f"{number},{at.astimezone(ZONE).isoformat()},{random.choice(COUNTRIES)},{items},{total:.2f}")
    (HERE / f"orders-2026-03-{day}.csv").write_text("\n".join(lines) + "\n")
