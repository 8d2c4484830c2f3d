-- Temperatures of three freezers, and an alert when one of them is too warm.
CREATE STREAM readings (
  at      TIMESTAMP,
  freezer TEXT NOT NULL,
  celsius REAL NOT NULL
) WITH (connector = 'file', path = 'readings.ndjson', format = 'json');

CREATE ROLLUP temperature_1m AS
SELECT window_start, freezer, avg(celsius) AS celsius, count(*) AS readings
FROM TUMBLE(readings, INTERVAL '1 minute')
GROUP BY window_start, freezer;

-- The statement is asked every minute. A row that is there three times in a row
-- is firing, and resolved when it is gone; each is written once, also when
-- Windrow is restarted meanwhile. Rows are told apart by their texts: here by
-- freezer. ago() counts from the minute that is looked at.
CREATE ALERT too_warm EVERY INTERVAL '1 minute' FOR 3
  TO 'alerts.ndjson', stdout
AS SELECT freezer, round(max(celsius), 1) AS celsius
   FROM temperature_1m
   WHERE window_start >= ago('2 minutes') AND window_start < :slot_end
   GROUP BY freezer
   HAVING min(celsius) > -15;
