-- Names that clash, must be quoted, or are spelled in several ways.
CREATE STREAM "order" (
  "group" TIMESTAMP,
  "a""b" TEXT NOT NULL,
  count INTEGER,
  count_2 INTEGER NOT NULL,
  größe REAL PATH '$."größe in m"[0].x',
  "select" JSON,
  WATERMARK FOR "GROUP" AS "group"
) WITH (path = 'x.json');

CREATE ROLLUP "view of orders" AS
SELECT "order".window_start, "A""B" AS "a""b", COUNT, "order".count_2 AS "from", count ( * ) AS "where",
       sum(Count) AS "sum", SUM ( count ) AS again, max(größe) AS "größe", min(größe) FILTER (WHERE count>1) AS m1,
       min(größe) FILTER (WHERE  COUNT > 1) AS m2, count("select" -> 'x') AS n
FROM TUMBLE("ORDER", INTERVAL '1 minute') AS "order"
GROUP BY "a""b", count, "order".COUNT_2
HAVING "where" > 1 AND "sum" IS NOT NULL -- the last word
;
