CREATE STREAM windrow_x (ts TIMESTAMP, window_start TEXT) WITH (path = 'a.json');
CREATE STREAM sqlite_y (ts TIMESTAMP) WITH (path = 'b.json');
CREATE STREAM group (ts TIMESTAMP) WITH (path = 'c.json');
