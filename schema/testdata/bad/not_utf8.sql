CREATE STREAM s (ts TIMESTAMP, größe REAL) WITH (path = 'a.csv');
