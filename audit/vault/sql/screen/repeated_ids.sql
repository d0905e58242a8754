-- repeated_ids: rows whose claim id came before; part 1: the same revision stands earlier in this batch,
-- 2: an earlier batch has it with other content, 3: a restatement, another revision of an id, which costs nothing.
-- one row per such row; reads received, known.
with repeated as (
    select vendor, claim_id from received group by vendor, claim_id having count(*) > 1
),
numbered as (
    select
        received.place,
        row_number() over (
            partition by received.vendor, received.claim_id, received.revision
            order by received.place
        ) as copy,
        max(received.revision) over (partition by received.vendor, received.claim_id) as highest,
        min(received.revision) over (partition by received.vendor, received.claim_id) as lowest
    from received
    semi join repeated using (vendor, claim_id)
),
earlier as (
    select received.place, bool_or(known.revision = received.revision) as is_same
    from received
    join known using (vendor, claim_id)
    group by received.place
)
select
    received.place,
    case when numbered.copy > 1 then 1 when earlier.is_same then 2 else 3 end as part,
    case when numbered.copy > 1 or earlier.is_same then received.units else 0 end as units,
    case when numbered.copy > 1 or earlier.is_same then received.charge_micros else 0 end as micros
from received
left join numbered using (place)
left join earlier using (place)
where numbered.copy > 1 or numbered.highest > numbered.lowest or earlier.place is not null
