SET flush_intervall = '1 second';
SET parallelism = 4;
SET workers = many;
SET durability = 'disk';
SET flush_interval = '1 fortnight';
