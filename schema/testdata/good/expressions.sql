create stream if not exists Hits with (path = '${LOGS}/**/{a,b}.csv.gz', "delimiter" = ';', header = false, quote = none, max_record = '4 MiB') (
  at TIMESTAMP NOT NULL,
  received TIMESTAMP,
  "user name" VARCHAR(40),
  code INTEGER NOT NULL,
  bytes BIGINT,
  ok BOOLEAN NOT NULL,
  payload JSON,
  watermark for at
);

create rollup by_class as
select
  window_start, window_end,
  code / 100 as class,
  upper("user name") as who,
  case when ok then 'fine' else 'bad' end as verdict,
  count(*), sum(bytes), min(at) as first_at,
  count(*) filter (where code >= 500) as errors,
  avg(received - at) as delay,
  round(1.0 * sum(bytes) / count(*), 2) as per_hit,
  max(payload ->> '$.size' is not null) as sized,
  printf('%d of %d', count(*) filter (where code>=500), count( * )) as text /* said in words */,
  min(coalesce(bytes, 0), 10) as least
from tumble(table hits, descriptor(at), size => interval '1' hour) as h
where code between '100' and 599 and h.at >= '2026-03-01' and "user name" not like 'bot\_%' escape '\'
group by 1, class, who, 5, min(coalesce(bytes, 0), 10)
having errors > 0 and window_start >= '2026-03-01T00:00:00+01:00'
with (retention = interval '90' day);
