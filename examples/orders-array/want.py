"""Computes the expected results of this example without Windrow: python3 want.py"""

import json
import math
import pathlib
from collections import defaultdict
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).parent

groups, usable, bad = defaultdict(list), 0, 0
for order in json.loads((HERE / "orders.json").read_text()):
    try:
        time = datetime.fromisoformat(order["placed_at"]).astimezone(timezone.utc)
        total = None if order["total"] is None else float(order["total"])
        country = order["customer"] and order["customer"]["country"]
        cancelled = order["cancelled"]
        if cancelled not in (True, False):
            raise ValueError(cancelled)
    except (ValueError, TypeError):
        bad += 1
        continue
    usable += 1
    if not cancelled:
        groups[time.strftime("%Y-%m-%d 00:00:00"), country].append((total, order["lines"][0]["quantity"]))

with open(HERE / "want.sales_1d.csv", "w", newline="") as out:
    print("window_start,country,orders,revenue,first_items,largest", file=out)
    # Rows without a country come last in their window.
    for start, country in sorted(groups, key=lambda k: (k[0], k[1] is None, k[1])):
        rows = groups[start, country]
        totals = [t for t, _ in rows if t is not None]
        if len(rows) >= 2 and math.fsum(totals) > 60:
            items = sum(q for _, q in rows)
            print(start, country or "", len(rows), repr(round(math.fsum(totals), 2)), items, repr(max(totals)), sep=",", file=out)

print(f"sales_1d: {usable} usable, {bad} quarantined")
