-- burst_member: the claims in one burst with the claim that was asked for.
-- one row per claim; reads asked, member, burst, claim, decision.
select
    claim.claim_id,
    make_timestamptz(claim.at_us) as occurred_at,
    claim.session_id,
    member.effect,
    decision.decision,
    member.is_misfire,
    burst.is_oscillation,
    kept.claim_id as repeat_of,
    asked.claim is not null as is_asked
from member
join burst using (claim)
join claim using (claim)
join decision using (claim)
left join claim as kept on kept.claim = burst.repeat_of
left join asked on asked.claim = member.claim
order by
    claim.at_us,
    claim.claim_id
