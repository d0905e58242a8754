-- rates: lines whose charge is not what the rate card asks: above it (part 1) or below it (part 2).
-- one row per such line; at stake is the difference; reads priced.
select
    place,
    case when over_micros > 0 then 1 else 2 end as part,
    units,
    over_micros as micros
from priced
where over_micros <> 0
