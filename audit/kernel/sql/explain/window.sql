-- window: when evidence for the claim may come.
-- one row, or none if the claim is not heard; reads asked, claim, decision, doomed.
select
    make_timestamptz(claim.at_us) as occurred_at,
    make_timestamptz(claim.earliest_us) as earliest_at,
    make_timestamptz(claim.latest_us) as latest_at,
    claim.effect,
    doomed.claim is not null as is_doomed,
    decision.decision,
    decision.grade
from asked
join claim using (claim)
join decision using (claim)
left join doomed using (claim)
