-- shared_record: targets that more than one heard claim is about.
-- one row per target; reads claim.
select
    target,
    count(*) as claims
from claim
where target is not null
group by target
having count(*) > 1
