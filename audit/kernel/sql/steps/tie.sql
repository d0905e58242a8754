-- tie: names that bring a claim or an event without target to a record, or several records together.
-- one row per name; a name with several records is kept with them in the first slice; reads naming.
with loose as (
    select distinct name
    from naming
    where is_heard and is_possible and (claim_target is null or event_target is null)
),
record as (
    select name, coalesce(claim_target, event_target) as target
    from naming
    semi join loose using (name)
    where is_heard and is_possible
)
select
    name,
    min(target) as target,
    count(distinct target) > 1 as is_tied
from record
group by name
