CREATE STREAM s (ts TIMESTAMP) WITH (path = '${HOMME}/x.json', timezone = '${TZ:-UTC}');
CREATE STREAM t (ts TIMESTAMP) WITH (path = '${LOGS/x.json');
