CREATE STREAM s (ts TEXT) WITH (path = 'a.json');
CREATE ROLLUP a AS SELECT count(*) FROM TUMBLE(s, INTERVAL '1 hour');
