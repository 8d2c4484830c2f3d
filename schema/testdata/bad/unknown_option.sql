CREATE STREAM s (ts TIMESTAMP) WITH (path = 'a.csv', delimeter = ';', time_format = 'auto', retries = 3);
