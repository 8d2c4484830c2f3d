-- Readings of three sensors, one CSV file a day, written by a logger that uses
-- semicolons, local time, and notes that may go over several lines.
CREATE STREAM readings (
  time        TIMESTAMP,
  sensor      TEXT NOT NULL,
  place       TEXT,
  temperature REAL,                 -- an empty field is NULL
  humidity    INTEGER
) WITH (connector = 'file', path = 'readings-*.csv', format = 'csv', delimiter = ';', timezone = 'Europe/Berlin');

-- Windows are in UTC. first and last go by the time of the reading, also where
-- it was written down late, in the next day's file.
CREATE ROLLUP climate_1h AS
SELECT window_start, sensor, place,
       count(temperature)                 AS readings,
       avg(temperature)                   AS avg_temperature,
       median(temperature)                AS median_temperature,
       round(stddev_samp(temperature), 6) AS spread,
       first(temperature)                 AS first_temperature,
       last(temperature)                  AS last_temperature
FROM TUMBLE(readings, INTERVAL '1 hour')
GROUP BY window_start, sensor, place;
