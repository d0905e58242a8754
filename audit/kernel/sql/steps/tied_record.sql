-- tied_record: targets that a name brings together with others; they stay in the first slice.
-- one row per target; reads naming, tie.
select distinct coalesce(naming.claim_target, naming.event_target) as target
from naming
join tie using (name)
where tie.is_tied
    and naming.is_heard
    and naming.is_possible
    and coalesce(naming.claim_target, naming.event_target) is not null
