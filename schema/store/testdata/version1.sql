-- A store of format 1 as the first release wrote it. Never edited.
PRAGMA page_size = 8192;
PRAGMA application_id = 1464747090;
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE windrow_meta (
  name TEXT NOT NULL PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;
INSERT INTO windrow_meta VALUES('epoch',1);
CREATE TABLE windrow_streams (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  delay INTEGER NOT NULL
) STRICT;
INSERT INTO windrow_streams VALUES(1,'requests',5000000);
CREATE TABLE windrow_cohorts (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES windrow_streams (id),
  watermark TEXT
) STRICT;
INSERT INTO windrow_cohorts VALUES(1,1,'2026-03-01 00:00:05');
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
INSERT INTO windrow_rollup_data VALUES(1,'latency',1,1,X'3fdb7e873db12844fd1c1064932fe36f39148927c31fdac71a09695c7bb157be','CREATE ROLLUP latency',NULL,'2026-03-01 00:00:00',10,0,1,2,1);
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
INSERT INTO windrow_split_data VALUES(1,1,'a.ndjson',0,0,0,X'0000000000000000000000000000000000000000000000000000000000000000',0,0,1000,0,1000);
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
INSERT INTO windrow_range_data VALUES(1,1,0,10,1772323210000000,10,0,0,0,0,X'0000000000000000000000000000000000000000000000000000000000000000');
CREATE TABLE windrow_quarantine_data (
  rollup INTEGER NOT NULL REFERENCES windrow_rollup_data (id),
  split INTEGER NOT NULL REFERENCES windrow_split_data (number),
  offset INTEGER NOT NULL,
  reason TEXT NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (rollup, split, offset)
) STRICT, WITHOUT ROWID;
INSERT INTO windrow_quarantine_data VALUES(1,1,3,'status: ''abc'' is not an INTEGER',X'7b7d');
CREATE TABLE windrow_state_1 (
  "window_start" TEXT NOT NULL,
  "host" TEXT NOT NULL,
  "zone" ANY NOT NULL,
  "n" INTEGER,
  "s" REAL,
  "m" ANY,
  "b" BLOB,
  PRIMARY KEY ("window_start", "host", "zone")
) STRICT, WITHOUT ROWID;
INSERT INTO windrow_state_1 VALUES('2026-03-01 00:00:00','a','x',2,1.0,NULL,X'07');
INSERT INTO windrow_state_1 VALUES('2026-03-01 00:00:00','a',X'',1,0.5,'text',X'');
CREATE INDEX windrow_cohorts_stream ON windrow_cohorts (stream);
CREATE INDEX windrow_rollup_data_cohort ON windrow_rollup_data (cohort);
CREATE INDEX windrow_split_data_stream ON windrow_split_data (stream);
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
CREATE VIEW "latency" AS SELECT "window_start" AS "window_start", "host" AS "host", nullif("zone", x'') AS "zone", "n" AS "n", "s" AS "s", "m" AS "m", "b" AS "b" FROM "windrow_state_1";
COMMIT;
