-- fall: the units of work that fell, each by the earliest event that undid it (the law, 3.6).
-- one row per unit; reads recall, revert.
with undone as (
    select event, witness, event_id, at_us, unit from recall
    union all
    select event, witness, event_id, at_us, unit from revert
)
select
    unit,
    arg_min(event, (at_us, witness, event_id)) as event
from undone
group by unit
