CREATE STREAM s (ts, host TEXT, n AS (1), latency REAL NOT) WITH (path = 'a.json');
