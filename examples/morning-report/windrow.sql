-- Requests to five services, and a report of them on every weekday at 8 in the
-- morning. Monday's covers the weekend.
CREATE STREAM requests (
  ts      TIMESTAMP,
  service TEXT NOT NULL,
  status  INTEGER NOT NULL,
  ms      REAL NOT NULL
) WITH (connector = 'file', path = 'requests.ndjson*', format = 'json');

CREATE ROLLUP latency_1h AS
SELECT window_start, service,
       count(*) AS requests,
       avg(ms)  AS avg_ms,
       max(ms)  AS max_ms,
       sum(ms)  AS sum_ms,
       count(*) FILTER (WHERE status >= 500) AS errors
FROM TUMBLE(requests, INTERVAL '1 hour')
GROUP BY window_start, service;

-- A slot is a moment of the schedule, and covers the time since the one before.
-- The parameters :slot_start and :slot_end hold these bounds. The report waits
-- until all windows in them are final, half an hour at most, and is issued again
-- should late events change it.
CREATE REPORT morning
  SCHEDULE '0 8 * * 1-5' TIME ZONE 'Europe/Berlin'
  WAIT FOR FINAL UP TO INTERVAL '30 minutes'
  REVISE
  FORMAT html
  TO 'reports/latency-{date}.html'
  WITH (title = 'Latency until {date}')
AS
SECTION 'At a glance'
  SELECT sum(requests) AS requests, round(sum(sum_ms) / sum(requests), 1) AS avg_ms, max(max_ms) AS slowest_ms,
         sum(errors) AS errors
  FROM latency_1h WHERE window_start >= :slot_start AND window_start < :slot_end
SECTION 'Services, the slowest first'
  SELECT service, round(sum(sum_ms) / sum(requests), 1) AS avg_ms
  FROM latency_1h WHERE window_start >= :slot_start AND window_start < :slot_end
  GROUP BY service ORDER BY avg_ms DESC
SECTION 'Average latency by the hour, ms'
  SELECT window_start, service, round(avg_ms, 1) AS avg_ms
  FROM latency_1h WHERE window_start >= :slot_start AND window_start < :slot_end
  ORDER BY window_start, service
SECTION 'Hours with errors'
  SELECT window_start, service, errors, requests
  FROM latency_1h WHERE window_start >= :slot_start AND window_start < :slot_end AND errors > 0
  ORDER BY errors DESC, window_start LIMIT 20;
