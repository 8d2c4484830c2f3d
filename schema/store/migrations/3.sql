-- Version 3: the ledger of reports and alerts.
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
CREATE UNIQUE INDEX windrow_issue_data_claim ON windrow_issue_data (report, slot, kind, key, revision) WHERE NOT by_hand;
CREATE INDEX windrow_issue_data_open ON windrow_issue_data (report, slot) WHERE state IN ('due', 'waiting');
CREATE INDEX windrow_issue_data_past ON windrow_issue_data (report, coalesce(ended, began)) WHERE by_hand OR state NOT IN ('due', 'waiting');

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
