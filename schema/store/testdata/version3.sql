-- A store of format 3. Never edited once it is released.
PRAGMA page_size = 8192;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 1464747090;
PRAGMA user_version = 3;
PRAGMA journal_mode = WAL;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE windrow_meta (
  name TEXT NOT NULL PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;
INSERT INTO windrow_meta VALUES('epoch',4);
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
, newest INTEGER) STRICT;
INSERT INTO windrow_cohorts VALUES(1,1,'2026-03-01 00:08:10',1772323695000000);
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
, retention INTEGER NOT NULL DEFAULT 0, horizon TEXT, expired INTEGER NOT NULL DEFAULT 0, cpu INTEGER NOT NULL DEFAULT 0, replaces INTEGER REFERENCES windrow_rollup_data (id)) STRICT;
INSERT INTO windrow_rollup_data VALUES(1,'latency',1,1,X'3fdb7e873db12844fd1c1064932fe36f39148927c31fdac71a09695c7bb157be','CREATE ROLLUP latency',NULL,'2026-03-01 00:08:00',7,0,1,2,1,480000000,'2026-03-01 00:00:00',3,1500000,NULL);
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
, born INTEGER NOT NULL DEFAULT 0, first BLOB NOT NULL DEFAULT x'', idle INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO windrow_split_data VALUES(1,1,'a.ndjson',0,0,0,X'0000000000000000000000000000000000000000000000000000000000000000',0,0,10,0,1000,1772323200000000000,X'7b7d',1,0,'');
INSERT INTO windrow_split_data VALUES(2,1,'b.ndjson',0,0,0,X'0000000000000000000000000000000000000000000000000000000000000000',1,0,15,0,0,0,X'',0,1,'lost 5 bytes');
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
INSERT INTO windrow_range_data VALUES(1,2,0,10,1772323695000000,1,1,0,0,0,X'0000000000000000000000000000000000000000000000000000000000000000');
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
CREATE TABLE windrow_run_data (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  mode TEXT NOT NULL,
  began TEXT NOT NULL,
  seen TEXT NOT NULL,
  ended TEXT,
  note TEXT NOT NULL
) STRICT;
INSERT INTO windrow_run_data VALUES(1,3,42,'follow','2026-03-01 00:00:00.000','2026-03-01 00:10:00.000',NULL,'');
CREATE TABLE windrow_worker_data (
  cohort INTEGER NOT NULL,
  worker INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  state TEXT NOT NULL,
  began TEXT NOT NULL,
  restarts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  records INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  rate REAL NOT NULL,
  memory INTEGER NOT NULL,
  cpu INTEGER NOT NULL,
  PRIMARY KEY (cohort, worker)
) STRICT, WITHOUT ROWID;
INSERT INTO windrow_worker_data VALUES(1,0,43,'reading','2026-03-01 00:00:00.000',1,'killed',17,20,1.5,4096,2500000);
CREATE TABLE windrow_coverage_data (
  rollup INTEGER NOT NULL REFERENCES windrow_rollup_data (id),
  split INTEGER NOT NULL REFERENCES windrow_split_data (number),
  bytes INTEGER NOT NULL,
  records INTEGER NOT NULL,
  PRIMARY KEY (rollup, split)
) STRICT, WITHOUT ROWID;
CREATE TABLE windrow_report_data (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL COLLATE NOCASE,
  alert INTEGER NOT NULL,
  attached INTEGER NOT NULL,
  definition TEXT NOT NULL,
  since TEXT,
  last TEXT,
  UNIQUE (name, alert)
) STRICT;
INSERT INTO windrow_report_data VALUES(1,'morning',0,1,'CREATE REPORT morning ...','2026-03-02 06:00:00.000','2026-03-02 07:00:00');
INSERT INTO windrow_report_data VALUES(2,'slow',1,1,'CREATE ALERT slow ...','2026-03-02 06:00:00.000','2026-03-02 07:00:00');
CREATE TABLE windrow_issue_data (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  report INTEGER NOT NULL REFERENCES windrow_report_data (id),
  slot TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0),
  by_hand INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('due', 'waiting', 'done', 'failed', 'skipped')),
  attempts INTEGER NOT NULL,
  try TEXT,
  began TEXT NOT NULL,
  ended TEXT,
  rows INTEGER NOT NULL,
  note TEXT NOT NULL,
  body TEXT NOT NULL,
  fingerprint BLOB
) STRICT;
INSERT INTO windrow_issue_data VALUES(1,1,'2026-03-02 07:00:00','report','',1,0,'done',1,NULL,'2026-03-02 07:00:01.500','2026-03-02 07:00:02.500',5,'','',X'6666666666666666666666666666666666666666666666666666666666666666');
INSERT INTO windrow_issue_data VALUES(2,1,'2026-03-02 08:00:00','report','',1,0,'waiting',0,'2026-03-02 09:00:00.000','2026-03-02 07:00:01.500',NULL,0,'latency is final before 2026-03-01 00:08:00','',NULL);
INSERT INTO windrow_issue_data VALUES(3,2,'2026-03-02 07:00:00','firing','{"host":"a"}',1,0,'due',0,NULL,'2026-03-02 07:00:01.500',NULL,0,'','{"host":"a"}',NULL);
CREATE TABLE windrow_delivery_data (
  issue INTEGER NOT NULL REFERENCES windrow_issue_data (id),
  target TEXT NOT NULL,
  number INTEGER NOT NULL,
  done INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  ended TEXT,
  place TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 BLOB,
  error TEXT NOT NULL,
  PRIMARY KEY (issue, target)
) STRICT, WITHOUT ROWID;
INSERT INTO windrow_delivery_data VALUES(1,'mailto:${OPS}',1,1,0,'2026-03-02 07:00:02.500','/out/mailto:${OPS}',7,X'7373737373737373737373737373737373737373737373737373737373737373','');
INSERT INTO windrow_delivery_data VALUES(1,'z.html',0,1,0,'2026-03-02 07:00:02.500','/out/z.html',7,X'7373737373737373737373737373737373737373737373737373737373737373','');
INSERT INTO windrow_delivery_data VALUES(2,'mailto:${OPS}',1,0,0,NULL,'',0,NULL,'');
INSERT INTO windrow_delivery_data VALUES(2,'z.html',0,0,0,NULL,'',0,NULL,'');
INSERT INTO windrow_delivery_data VALUES(3,'a.ndjson',0,0,0,NULL,'',0,NULL,'');
CREATE TABLE windrow_alert_data (
  report INTEGER NOT NULL REFERENCES windrow_report_data (id),
  key TEXT NOT NULL,
  firing INTEGER NOT NULL,
  count INTEGER NOT NULL,
  slots TEXT NOT NULL,
  row TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (report, key)
) STRICT, WITHOUT ROWID;
INSERT INTO windrow_alert_data VALUES(2,'{"host":"a"}',1,2,'["2026-03-02 07:00:00"]','{"host":"a","n":2}','2026-03-02 07:00:00');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('windrow_report_data',2);
INSERT INTO sqlite_sequence VALUES('windrow_issue_data',3);
CREATE INDEX windrow_cohorts_stream ON windrow_cohorts (stream);
CREATE INDEX windrow_rollup_data_cohort ON windrow_rollup_data (cohort);
CREATE INDEX windrow_split_data_stream ON windrow_split_data (stream);
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
CREATE INDEX windrow_split_data_here ON windrow_split_data (stream) WHERE NOT gone;
CREATE VIEW windrow_rollups AS
SELECT r.name, s.name AS stream, r.complete_from, r.final_before, c.watermark,
  r.absorbed, r.filtered, r.quarantined, r.expired, r.rows, r.attached, r.horizon,
  r.cpu / 1e6 AS cpu_seconds, o.name AS replaces,
  r.id, r.cohort, 'windrow_state_' || r.id AS state_table, r.definition
FROM windrow_rollup_data r
JOIN windrow_cohorts c ON c.id = r.cohort
JOIN windrow_streams s ON s.id = c.stream
LEFT JOIN windrow_rollup_data o ON o.id = r.replaces;
CREATE VIEW windrow_splits AS
SELECT p.number, s.name AS stream, p.path, p.generation, p.start, p.size, p.ended, p.idle, p.gone, p.note
FROM windrow_split_data p
JOIN windrow_streams s ON s.id = p.stream;
CREATE VIEW windrow_late AS
SELECT s.name AS stream, a.cohort, p.path, a.split, sum(a.late) AS late, sum(a.future) AS future
FROM windrow_range_data a
JOIN windrow_split_data p ON p.number = a.split
JOIN windrow_streams s ON s.id = p.stream
WHERE a.late > 0 OR a.future > 0
GROUP BY a.cohort, a.split;
CREATE VIEW windrow_workers AS
SELECT s.name AS stream, w.cohort, w.worker, w.pid, w.state, w.began, w.restarts, w.reason,
  w.records, w.bytes, w.rate, w.memory, w.cpu / 1e6 AS cpu_seconds
FROM windrow_worker_data w
JOIN windrow_cohorts c ON c.id = w.cohort
JOIN windrow_streams s ON s.id = c.stream;
CREATE VIEW windrow_run AS
SELECT epoch, pid, mode, began, seen, ended, note FROM windrow_run_data;
CREATE VIEW windrow_coverage AS
SELECT r.name AS rollup, s.name AS stream, v.split, p.path, v.bytes, v.records
FROM windrow_coverage_data v
JOIN windrow_rollup_data r ON r.id = v.rollup
JOIN windrow_split_data p ON p.number = v.split
JOIN windrow_streams s ON s.id = p.stream;
CREATE UNIQUE INDEX windrow_issue_data_claim ON windrow_issue_data (report, slot, kind, key, revision) WHERE NOT by_hand;
CREATE INDEX windrow_issue_data_open ON windrow_issue_data (report, slot) WHERE state IN ('due', 'waiting');
CREATE INDEX windrow_issue_data_past ON windrow_issue_data (report, coalesce(ended, began)) WHERE by_hand OR state NOT IN ('due', 'waiting');
CREATE VIEW windrow_deliveries AS
SELECT r.name AS report, i.kind, i.slot, nullif(i.key, '') AS key, i.revision, i.by_hand, d.target,
  CASE WHEN d.done THEN 'done' WHEN d.failed THEN 'failed' WHEN i.state IN ('due', 'waiting') THEN 'open' ELSE 'given up' END AS state,
  d.ended, nullif(d.place, '') AS place, d.bytes, nullif(lower(hex(d.sha256)), '') AS sha256, nullif(d.error, '') AS error, d.issue
FROM windrow_delivery_data d
JOIN windrow_issue_data i ON i.id = d.issue
JOIN windrow_report_data r ON r.id = i.report;
CREATE VIEW windrow_issues AS
SELECT r.name AS report, i.kind, i.slot, nullif(i.key, '') AS key, i.revision, i.by_hand, i.state, i.attempts,
  CASE WHEN i.state IN ('due', 'waiting') THEN i.try END AS next_try, i.began, i.ended, i.rows, nullif(i.note, '') AS note,
  (SELECT d.error FROM windrow_delivery_data d WHERE d.issue = i.id AND d.error <> '' AND NOT d.done ORDER BY d.number LIMIT 1) AS error,
  nullif(i.body, '') AS record, nullif(lower(hex(i.fingerprint)), '') AS fingerprint, i.id
FROM windrow_issue_data i
JOIN windrow_report_data r ON r.id = i.report;
CREATE VIEW windrow_reports AS
SELECT r.name, CASE WHEN r.alert THEN 'alert' ELSE 'report' END AS kind, r.attached, r.since, r.last AS last_slot,
  (SELECT max(i.slot) FROM windrow_issue_data i WHERE i.report = r.id AND NOT i.by_hand AND i.state = 'done' AND i.kind <> 'evaluation') AS last_done,
  (SELECT count(*) FROM windrow_issue_data i WHERE i.report = r.id AND NOT i.by_hand AND i.state IN ('due', 'waiting')) AS open,
  (SELECT i.note FROM windrow_issue_data i WHERE i.report = r.id AND NOT i.by_hand AND i.state = 'waiting' ORDER BY i.slot, i.id LIMIT 1) AS waiting,
  coalesce(
    (SELECT coalesce(v.error, v.note, '') FROM windrow_issue_data i JOIN windrow_issues v ON v.id = i.id
      WHERE i.report = r.id AND NOT i.by_hand AND i.state = 'due' AND (i.try IS NOT NULL OR v.error IS NOT NULL) ORDER BY i.slot, i.id LIMIT 1),
    (SELECT CASE WHEN i.state = 'failed' THEN coalesce(v.error, v.note, '') END FROM windrow_issue_data i JOIN windrow_issues v ON v.id = i.id
      WHERE i.report = r.id AND NOT i.by_hand AND i.state NOT IN ('due', 'waiting') ORDER BY coalesce(i.ended, i.began) DESC, i.id DESC LIMIT 1)) AS error,
  (SELECT min(i.try) FROM windrow_issue_data i WHERE i.report = r.id AND NOT i.by_hand AND i.state IN ('due', 'waiting')) AS next_try,
  (SELECT count(*) FROM windrow_alert_data a WHERE a.report = r.id AND a.firing) AS firing,
  r.id, r.definition
FROM windrow_report_data r;
CREATE VIEW windrow_alerts AS
SELECT r.name AS alert, a.key, CASE WHEN a.firing THEN 'firing' ELSE 'pending' END AS state, a.since, a.count, nullif(a.row, '') AS row, a.slots
FROM windrow_alert_data a
JOIN windrow_report_data r ON r.id = a.report;
COMMIT;
