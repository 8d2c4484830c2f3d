CREATE STREAM s (ts TIMESTAMP, a TEXT PATH '$.a.b') WITH (path = 'a.csv');
CREATE STREAM t (ts TIMESTAMP, a TEXT PATH '$.a') WITH (path = 'a.csv', header = off);
