CREATE STREAM s (ts TIMESTAMP) WITH (connector = 'kafka', path = 'x.json');
CREATE STREAM t (ts TIMESTAMP) WITH (path = 'x.json', delimiter = ';', format = 'xml');
CREATE STREAM u (ts TIMESTAMP) WITH (path = 'x.csv', delimiter = ';;', quote = '""', header = maybe, timezone = 'Mars/Base', timestamp_format = 'epoch', max_record = '2 GB');
CREATE STREAM v (ts TIMESTAMP) WITH (path = 'x.csv', path = 'y.csv', timestamp_format = '%Y-%Q');
CREATE STREAM w (ts TIMESTAMP);
CREATE STREAM x (ts TIMESTAMP) WITH (path = 'logs/*');
CREATE STREAM y (ts TIMESTAMP) WITH (path = 'x.json', quote = '''');
CREATE STREAM z (ts TIMESTAMP) WITH (path = 'x.csv', quote = ',');
