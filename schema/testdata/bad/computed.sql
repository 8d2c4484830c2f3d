CREATE STREAM s (ts TIMESTAMP, a INTEGER AS (b + 1), b INTEGER AS (c), c INTEGER AS (c + nope), d TEXT AS (sum(b)), e REAL AS (ts), f AS (1)) WITH (path = 'a.json');
