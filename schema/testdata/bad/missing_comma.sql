CREATE STREAM s (
	ts TIMESTAMP
	host TEXT,
	latency REAL,
) WITH (path = 'a.json');
