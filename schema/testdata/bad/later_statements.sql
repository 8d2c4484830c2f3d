CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER, latency REAL, ok BOOLEAN, payload JSON)
WITH (connector = 'file', path = 'logs/*.ndjson');

CREATE TABLE hosts (name TEXT) WITH (path = 'hosts.csv');
CREATE VIEW v AS SELECT * FROM r;
CREATE AGGREGATE a;
CREATE ROLLUP h FROM m EVERY INTERVAL '1 hour';
