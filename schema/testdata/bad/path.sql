CREATE STREAM s (ts TIMESTAMP, a TEXT PATH 'a.b', b TEXT PATH '$.a[x]', c TEXT PATH '$', d TEXT PATH $.x, e REAL PATH '$.e' AS (1.5)) WITH (path = 'a.json');
