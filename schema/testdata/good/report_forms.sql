-- Clauses in any order, WITH after the name, the format from the file's name.
CREATE REPORT IF NOT EXISTS a WITH (title = '{name}', timeout = '90 seconds') TO 'a.md' TIME ZONE 'America/New_York' SCHEDULE '@daily' AS VALUES (1);
CREATE REPORT b FORMAT 'CSV' TO STDOUT, 'out/../b.csv' MISSED RUN NONE SCHEDULE '*/5 * * * *'
WITH (delimiter = ';', header = FALSE, null = 'NULL', timezone = 'Asia/Tokyo', time_format = '%d.%m.%Y %-H:%M %:z', guard_formulas = on)
AS WITH x AS (SELECT 1 AS section) SELECT section FROM x;
CREATE REPORT folder SCHEDULE '0 3 * * *' WAIT FOR FINAL FORMAT parquet TO 'export/{date}/' WITH (partition_by = 'day', manifest = true)
AS SELECT * FROM latency_1h;
CREATE REPORT revised SCHEDULE '0 * * * *' REVISE FORMAT json TO 'http://localhost:8080/hook', 'http://[::1]/hook'
WITH (revise_for = '3 days', secret = '${WEBHOOK_SECRET}', time_format = 'epoch_ms') AS SELECT 1;

-- What looks like the end of a section and is none.
CREATE REPORT "a b/c" SCHEDULE '0 8 1 * *' TO '{name}-{slot}.xlsx' AS
SECTION 'it''s one'
SELECT section, "section" 'x', (SELECT 'SECTION' || section FROM section WHERE section = 'SECTION ''x'' ; SELECT'),
  CASE WHEN section THEN (1 + (2)) ELSE section END AS section /* SECTION 'no' SELECT 2; */ -- SECTION 'no' SELECT 3;
FROM section WHERE section IN ('a', 'b') AND [SECTION] = ":x" AND payload ->> '$.section' <> ''
SECTION 'two' WITH section(section) AS (VALUES ('SECTION')) SELECT section FROM section section
section 'three' VALUES (:slot_start, :slot_end);

CREATE ALERT few EVERY INTERVAL '90' SECOND TO 'alerts-{date}.ndjson' AS SELECT host FROM latency_1h WHERE window_start = (SELECT max(window_start) FROM latency_1h);
CREATE ALERT more WITH (key = 'host, route', timeout = '5s') TO 'alerts-{date}.ndjson' FOR 1 EVERY INTERVAL '1 day' AS SELECT 1
