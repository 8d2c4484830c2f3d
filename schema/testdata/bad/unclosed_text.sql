CREATE STREAM s (ts TIMESTAMP) WITH (path = 'a.json, format = 'json');
CREATE STREAM t (ts TIMESTAMPP) WITH (path = 'b.json');
