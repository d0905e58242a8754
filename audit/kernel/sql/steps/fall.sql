-- fall: the units of work that fell, each by the earliest event that undid it (the law, 3.6).
-- one row per unit; reads recall, revert, witness.
with undone as (
    select event, witness, event_id, at_us, unit from recall
    union all
    select event, witness, event_id, at_us, unit from revert
),
earliest as (
    select event, witness, event_id, unit
    from undone
    qualify row_number() over (partition by unit order by at_us, witness, event_id) = 1
)
select
    earliest.unit,
    earliest.event,
    witness.system || ':' || earliest.event_id as undone_by
from earliest
join witness using (witness)
