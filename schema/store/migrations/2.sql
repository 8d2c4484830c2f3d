-- Version 2: following, retention, new generations, the processes of a run.
ALTER TABLE windrow_split_data ADD COLUMN born INTEGER NOT NULL DEFAULT 0;
ALTER TABLE windrow_split_data ADD COLUMN first BLOB NOT NULL DEFAULT x'';
ALTER TABLE windrow_split_data ADD COLUMN idle INTEGER NOT NULL DEFAULT 0;
ALTER TABLE windrow_split_data ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE windrow_split_data ADD COLUMN note TEXT NOT NULL DEFAULT '';
CREATE INDEX windrow_split_data_here ON windrow_split_data (stream) WHERE NOT gone;

ALTER TABLE windrow_cohorts ADD COLUMN newest INTEGER;
UPDATE windrow_cohorts SET newest = (SELECT max(max_time) FROM windrow_range_data a WHERE a.cohort = windrow_cohorts.id);

ALTER TABLE windrow_rollup_data ADD COLUMN retention INTEGER NOT NULL DEFAULT 0;
ALTER TABLE windrow_rollup_data ADD COLUMN horizon TEXT;
ALTER TABLE windrow_rollup_data ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE windrow_rollup_data ADD COLUMN cpu INTEGER NOT NULL DEFAULT 0;
ALTER TABLE windrow_rollup_data ADD COLUMN replaces INTEGER REFERENCES windrow_rollup_data (id);

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

DROP VIEW windrow_rollups;
CREATE VIEW windrow_rollups AS
SELECT r.name, s.name AS stream, r.complete_from, r.final_before, c.watermark,
  r.absorbed, r.filtered, r.quarantined, r.expired, r.rows, r.attached, r.horizon,
  r.cpu / 1e6 AS cpu_seconds, o.name AS replaces,
  r.id, r.cohort, 'windrow_state_' || r.id AS state_table, r.definition
FROM windrow_rollup_data r
JOIN windrow_cohorts c ON c.id = r.cohort
JOIN windrow_streams s ON s.id = c.stream
LEFT JOIN windrow_rollup_data o ON o.id = r.replaces;

DROP VIEW windrow_splits;
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

CREATE TABLE windrow_coverage_data (
  rollup INTEGER NOT NULL REFERENCES windrow_rollup_data (id),
  split INTEGER NOT NULL REFERENCES windrow_split_data (number),
  bytes INTEGER NOT NULL,
  records INTEGER NOT NULL,
  PRIMARY KEY (rollup, split)
) STRICT, WITHOUT ROWID;

CREATE VIEW windrow_coverage AS
SELECT r.name AS rollup, s.name AS stream, v.split, p.path, v.bytes, v.records
FROM windrow_coverage_data v
JOIN windrow_rollup_data r ON r.id = v.rollup
JOIN windrow_split_data p ON p.number = v.split
JOIN windrow_streams s ON s.id = p.stream;
