-- unit_time: when a unit of work was last seen to stand (the law, 3.5).
-- one row per unit with a time; reads support.
select
    unit,
    max(at_us) as latest_us
from support
where unit is not null
group by unit
