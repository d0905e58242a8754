-- hot_record: targets with so many claims and events that their pairs are not laid out but walked (pairing.py).
-- one row per target; reads shared_record, event, slice.
with seen as (
    select event.target, count(*) as events
    from event
    semi join shared_record using (target)
    where event.outcome <> 'undone' and not event.is_named
    group by event.target
)
select shared_record.target
from shared_record
join seen using (target)
cross join slice
where shared_record.claims * seen.events > slice.hot_pairs
