CREATE STREAM a (ts TIMESTAMP) WITH (path = 'a.json', timestamp_format = '%d/%m %H:%M');
CREATE STREAM b (ts TIMESTAMP) WITH (path = 'a.json', timestamp_format = '%Y-%m-%d %I:%M');
CREATE STREAM c (ts TIMESTAMP) WITH (path = 'a.json', timestamp_format = '%Y-%m-%d %');
CREATE STREAM d (ts TIMESTAMP) WITH (path = 'a.json', timestamp_format = 'epoch_msec');
