-- totals: what the lines come to together, and how much of them can be looked at.
-- one row; reads line.
select
    count(*) as lines,
    coalesce(sum(units), 0) as units,
    min(timezone('UTC', occurred_at)::date) as first_on,
    max(timezone('UTC', occurred_at)::date) as last_on,
    count(target) as targeted,
    count(tokens) as tokened,
    count(charge_micros) as charged
from line
