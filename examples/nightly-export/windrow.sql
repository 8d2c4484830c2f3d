-- The orders of a shop, one file a day, and every night a CSV export of the day
-- before: a folder with one file per country, for those who load them elsewhere.
CREATE STREAM orders (
  time    TIMESTAMP,
  country TEXT,                -- an empty field is NULL
  items   INTEGER NOT NULL,
  total   REAL NOT NULL
) WITH (connector = 'file', path = 'orders-*.csv', format = 'csv');

CREATE ROLLUP sales_1h AS
SELECT window_start, country, count(*) AS orders, sum(items) AS items, sum(total) AS total
FROM TUMBLE(orders, INTERVAL '1 hour')
GROUP BY window_start, country;

-- 02:30 does not exist in the night when the clocks go forward: that slot is at
-- 03:00. A run that was down for some nights makes up for all of them.
CREATE REPORT nightly
  SCHEDULE '30 2 * * *' TIME ZONE 'Europe/Berlin'
  MISSED RUN ALL
  WAIT FOR FINAL
  FORMAT csv
  TO 'exports/{date}/'
  WITH (partition_by = 'country', manifest = true, delimiter = ';', null = 'NULL', timezone = 'Europe/Berlin')
AS SELECT window_start, country, orders, items, total
   FROM sales_1h
   WHERE window_start >= :slot_start AND window_start < :slot_end
   ORDER BY window_start, country;
