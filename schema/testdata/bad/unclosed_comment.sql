CREATE STREAM s (ts TIMESTAMP) WITH (path = 'a.json');
/* and so on
CREATE STREAM t
