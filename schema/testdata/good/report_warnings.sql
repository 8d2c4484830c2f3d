CREATE STREAM requests (ts TIMESTAMP) WITH (path = 'logs/**/*.ndjson');

-- Two slots of one name: every hour, twice a day, and in the night of the change only.
CREATE REPORT hourly SCHEDULE '0 * * * *' TO 'hourly-{date}.html' AS SELECT 1;
CREATE REPORT twice SCHEDULE '0 8,20 1 1 *' TIME ZONE 'Asia/Tokyo' TO 'twice-{date}.html' AS SELECT 1;
CREATE REPORT change SCHEDULE '30 * * * *' TIME ZONE 'Europe/Berlin' TO 'change-{date}-{time}.html' AS SELECT 1;
-- These are fine.
CREATE REPORT latest SCHEDULE '0 * * * *' TO '{name}.html' AS SELECT 1;
CREATE REPORT rolling SCHEDULE '0 * * * *' TO 'rolling-{time}.html' AS SELECT 1;
CREATE REPORT daily SCHEDULE '30 2 * * *' TIME ZONE 'Europe/Berlin' TO 'daily-{date}.html' AS SELECT 1;
CREATE REPORT timed SCHEDULE '30 * * * *' TO 'timed-{date}-{time}.html' AS SELECT 1;
CREATE REPORT slotted SCHEDULE '30 * * * *' TIME ZONE 'Europe/Berlin' TO '{slot}.html' AS SELECT 1;

CREATE REPORT named SCHEDULE '0 8 * * *' FORMAT csv TO 'named.html' AS SELECT 1;
CREATE ALERT looped_too EVERY INTERVAL '1 hour' TO 'logs/alerts.ndjson' AS SELECT 1;

CREATE REPORT clocks SCHEDULE '0 8 * * *' TO 'clocks.html' AS
SECTION 'One' SELECT datetime('now', '-1 day'), date(), CURRENT_TIMESTAMP, strftime('%Y'), unixepoch ( 'NOW' ), random(),
  datetime(window_start), strftime('%Y', window_start), "current_time", 'now', date(:slot_end), max(1, 'now'), now, random FROM t
SECTION 'one' SELECT 2;

CREATE REPORT ended SCHEDULE '0 8 * * *' FORMAT html TO 'ended.htm', 'ended', 'ended.dat', 'ended.pdf', 'ended.html.gz', 'ended.PARQUET' AS SELECT 1;
