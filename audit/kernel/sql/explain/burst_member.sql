-- burst_member: the claims in one burst with the claim that was asked for.
-- one row per claim; reads asked, burst, claim, member, decision, oscillation, repeat.
select
    claim.claim_id,
    make_timestamptz(claim.at_us) as occurred_at,
    claim.session_id,
    coalesce(member.effect, claim.effect) as effect,
    decision.decision,
    coalesce(member.is_misfire, false) as is_misfire,
    oscillation.claim is not null as is_oscillation,
    kept.claim_id as repeat_of,
    claim.claim = asked.claim as is_asked
from asked
join burst as own on own.claim = asked.claim
join burst on burst.burst = own.burst
join claim on claim.claim = burst.claim
join decision on decision.claim = burst.claim
left join member on member.claim = burst.claim
left join oscillation on oscillation.claim = burst.claim
left join repeat on repeat.claim = burst.claim
left join claim as kept on kept.claim = repeat.repeat_of
order by
    claim.at_us,
    claim.claim_id
