-- The export of a shop: one file with one JSON array of orders.
CREATE STREAM orders (
  placed_at TIMESTAMP,                          -- with the customer's offset; windows are in UTC
  country   TEXT PATH '$.customer.country',
  total     REAL,                               -- "41.2" in quotes is a number too, "12,50" is not
  items     INTEGER PATH '$.lines[0].quantity', -- of the first line
  cancelled BOOLEAN
) WITH (connector = 'file', path = 'orders.json', format = 'json');

-- One row a day and country, where there is enough to show. HAVING hides rows,
-- it does not forget them: a late order may bring one back.
CREATE ROLLUP sales_1d AS
SELECT window_start, country,
       count(*)             AS orders,
       round(sum(total), 2) AS revenue,
       sum(items)           AS first_items,
       max(total)           AS largest
FROM TUMBLE(orders, INTERVAL '1 day')
WHERE NOT cancelled
GROUP BY window_start, country
HAVING count(*) >= 2 AND sum(total) > 60;
