-- taken: the latest work before an undone event (the law, 3.6): at the same instant of its own system, else earlier.
-- one row per undone event; reads undoing, work, last_work.
with same_instant as (
    select
        undoing.event,
        arg_max(work.event, work.place) as work
    from undoing
    join work
        on work.target = undoing.target
        and work.at_us = undoing.at_us
        and work.witness = undoing.witness
        and work.event_id < undoing.event_id
    where (undoing.vendor is null or undoing.vendor = work.vendor)
        and (undoing.action is null or undoing.action = work.action)
    group by undoing.event
)
select
    undoing.event,
    coalesce(same_instant.work, last_work.event) as work
from undoing
asof left join last_work
    on last_work.target = undoing.target
    and last_work.vendor is not distinct from undoing.vendor
    and last_work.action is not distinct from undoing.action
    and last_work.at_us < undoing.at_us
left join same_instant on same_instant.event = undoing.event
