-- Version 1. A published step is never edited; see FORMAT.md for the meaning.
CREATE TABLE windrow_meta (
  name TEXT NOT NULL PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;
INSERT INTO windrow_meta VALUES ('epoch', 0);

CREATE TABLE windrow_streams (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  delay INTEGER NOT NULL
) STRICT;

CREATE TABLE windrow_cohorts (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES windrow_streams (id),
  watermark TEXT
) STRICT;
CREATE INDEX windrow_cohorts_stream ON windrow_cohorts (stream);

CREATE TABLE windrow_rollup_data (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  cohort INTEGER NOT NULL REFERENCES windrow_cohorts (id),
  attached INTEGER NOT NULL,
  identity BLOB NOT NULL,
  definition TEXT NOT NULL,
  complete_from TEXT,
  final_before TEXT,
  absorbed INTEGER NOT NULL DEFAULT 0,
  filtered INTEGER NOT NULL DEFAULT 0,
  quarantined INTEGER NOT NULL DEFAULT 0,
  rows INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX windrow_rollup_data_cohort ON windrow_rollup_data (cohort);

CREATE TABLE windrow_split_data (
  number INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES windrow_streams (id),
  path TEXT NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  head_len INTEGER NOT NULL,
  head BLOB NOT NULL,
  generation INTEGER NOT NULL,
  start INTEGER NOT NULL,
  size INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  disk INTEGER NOT NULL
) STRICT;
CREATE INDEX windrow_split_data_stream ON windrow_split_data (stream);

CREATE TABLE windrow_range_data (
  cohort INTEGER NOT NULL REFERENCES windrow_cohorts (id),
  split INTEGER NOT NULL REFERENCES windrow_split_data (number),
  lo INTEGER NOT NULL,
  hi INTEGER NOT NULL CHECK (hi > lo),
  max_time INTEGER,
  records INTEGER NOT NULL,
  late INTEGER NOT NULL,
  future INTEGER NOT NULL,
  tail_len INTEGER NOT NULL,
  tail_end INTEGER NOT NULL,
  tail BLOB NOT NULL,
  PRIMARY KEY (cohort, split, lo)
) STRICT, WITHOUT ROWID;

CREATE TABLE windrow_quarantine_data (
  rollup INTEGER NOT NULL REFERENCES windrow_rollup_data (id),
  split INTEGER NOT NULL REFERENCES windrow_split_data (number),
  offset INTEGER NOT NULL,
  reason TEXT NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (rollup, split, offset)
) STRICT, WITHOUT ROWID;

CREATE VIEW windrow_rollups AS
SELECT r.name, s.name AS stream, r.complete_from, r.final_before, c.watermark,
  r.absorbed, r.filtered, r.quarantined, r.rows, r.attached,
  r.id, r.cohort, 'windrow_state_' || r.id AS state_table, r.definition
FROM windrow_rollup_data r
JOIN windrow_cohorts c ON c.id = r.cohort
JOIN windrow_streams s ON s.id = c.stream;

CREATE VIEW windrow_splits AS
SELECT p.number, s.name AS stream, p.path, p.generation, p.start, p.size, p.ended
FROM windrow_split_data p
JOIN windrow_streams s ON s.id = p.stream;

CREATE VIEW windrow_ranges AS
SELECT s.name AS stream, a.cohort, a.split, p.path, a.lo, a.hi, a.records, a.late, a.future,
  CASE WHEN a.max_time IS NOT NULL THEN
    datetime(a.max_time / 1000000 - (a.max_time % 1000000 < 0), 'unixepoch')
    || printf('.%06d', (a.max_time % 1000000 + 1000000) % 1000000) END AS max_time
FROM windrow_range_data a
JOIN windrow_split_data p ON p.number = a.split
JOIN windrow_streams s ON s.id = p.stream;

CREATE VIEW windrow_quarantine AS
SELECT r.name AS rollup, s.name AS stream, q.split, p.path, q.offset, q.reason, CAST(q.record AS TEXT) AS record
FROM windrow_quarantine_data q
JOIN windrow_rollup_data r ON r.id = q.rollup
JOIN windrow_split_data p ON p.number = q.split
JOIN windrow_streams s ON s.id = p.stream;
