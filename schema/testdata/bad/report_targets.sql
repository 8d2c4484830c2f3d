SET webhook_secret = 'x';
CREATE REPORT a SCHEDULE '0 8 * * *' FORMAT html AS SELECT 1;
CREATE REPORT b SCHEDULE '0 8 * * *' FORMAT html TO '', '../b.html', '/var/b.html', 'b/../../b.html', 'b-{day}.html', 'b-{dat}.html', 'b-{date.html', '.', 'b/' AS SELECT 1;
CREATE REPORT c SCHEDULE '0 8 * * *' FORMAT html TO 'ops@example.com', 'mailto:', 'mailto:nobody', 'mailto:a@example.com?subject=x', 'mailto:a@example.com' AS SELECT 1;
CREATE REPORT d SCHEDULE '0 8 * * *' FORMAT html TO 'http://example.com/x', 'https://', 'https://example.com/{date}', 'https://example.com:x/', 's3://bucket/x', 'file:///tmp/x' AS SELECT 1;
CREATE REPORT e SCHEDULE '0 8 * * *' FORMAT html TO 'e.html', './e.html', stdout, 'stdout', '${NOT_SET}/e.html' AS SELECT 1;
CREATE REPORT f SCHEDULE '0 8 * * *' FORMAT html TO 'e.html', 'alerts.ndjson' AS SELECT 1;
CREATE REPORT g SCHEDULE '0 8 * * *' FORMAT html TO 'f
.html' AS SELECT 1;
CREATE REPORT h SCHEDULE '0 8 * * *' FORMAT html TO '{name}.html' AS SELECT 1;
CREATE REPORT i SCHEDULE '0 8 * * *' FORMAT html TO 'h.html' AS SELECT 1;
CREATE ALERT k EVERY INTERVAL '1 minute' TO 'alerts.ndjson', 'folder/' AS SELECT 1;
CREATE ALERT l EVERY INTERVAL '1 minute' TO 'alerts.ndjson', 'mailto:ops@example.com' AS SELECT 1;
CREATE STREAM events (ts TIMESTAMP) WITH (path = 'logs/**/*.ndjson');
CREATE REPORT looped SCHEDULE '0 8 * * *' FORMAT ndjson TO 'logs/out/{date}.ndjson' AS SELECT 1;
