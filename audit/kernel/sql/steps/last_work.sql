-- last_work: the last piece of work at each instant, for undone events that know vendor or action and that do not.
-- one row per target, instant, vendor (null: any) and action (null: any); reads work.
select
    target,
    at_us,
    vendor,
    action,
    arg_max(event, place) as event
from work
group by grouping sets (
    (target, at_us, vendor, action),
    (target, at_us, vendor),
    (target, at_us, action),
    (target, at_us)
)
