CREATE STREAM s (ts TIMESTAMP) WITH (path = 'a.json')
CREATE ROLLUP r AS SELECT count(*) FROM TUMBLE(s, INTERVAL '1 day')
SET workers = 2
