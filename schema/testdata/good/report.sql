-- The report and the alert of the documentation.
CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, latency REAL)
WITH (connector = 'file', path = 'logs/*.ndjson', format = 'json');

CREATE ROLLUP latency_1h AS
SELECT window_start, host, count(*) AS n, max(latency) AS worst
FROM TUMBLE(requests, INTERVAL '1 hour')
GROUP BY window_start, host;

SET smtp = 'smtps://robot:${SMTP_PASSWORD}@mail.example.com:465';
SET mail_from = 'Windrow <robot@example.com>';
SET webhook_secret = '${WEBHOOK_SECRET}';
SET report_root = '/var/reports';

CREATE REPORT morning
  SCHEDULE '0 8 * * 1-5' TIME ZONE 'Europe/Berlin'
  MISSED RUN ALL
  WAIT FOR FINAL UP TO INTERVAL '30 minutes'
  REVISE
  FORMAT html
  TO 'reports/latency-{date}.html', 'mailto:ops@example.com,boss@example.com', 'https://hooks.example.com/${LOGS}', stdout
  WITH (title = 'Latency', subject = '{name} of {date}')
AS SECTION 'Slowest hosts'
   SELECT host, max(worst) AS worst FROM latency_1h
   WHERE window_start >= :slot_start AND window_start < :slot_end
   GROUP BY host ORDER BY 2 DESC LIMIT 20
   -- a comment between sections belongs to none
   SECTION 'Over the day'
   SELECT window_start, sum(n) AS n FROM latency_1h
   WHERE window_start >= :slot_start AND window_start < :slot_end GROUP BY 1;

CREATE ALERT slow EVERY INTERVAL '1 minute' FOR 3 TO 'alerts.ndjson', 'https://hooks.example.com/y' WITH (key = 'host')
AS SELECT host, max(worst) AS worst FROM latency_1h WHERE window_start >= ago('5 hours') GROUP BY host HAVING max(worst) > 500;
