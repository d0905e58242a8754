-- member: the claims of bursts of two or more, with what is known of their effect (the law, 3.5).
-- one row per claim; reads burst, claim, decision, ground, event, doomed, rule.
with crowded as (
    select burst from burst group by burst having count(*) > 1
)
select
    burst.claim,
    burst.burst,
    claim.at_us,
    claim.claim_id,
    doomed.claim is not null as is_doomed,
    claim.session_id,
    decision.decision,
    decision.is_independent and decision.decision in ('failed', 'wrong', 'disagree') as is_misfire,
    ground.at_us as ground_us,
    case
        when not decision.is_independent then claim.effect
        when decision.decision <> 'supported' then claim.effect
        when claim.effect is null then event.effect
        when event.effect is null or rule.compare_effects or claim.effect = event.effect then claim.effect
        else '{' || array_to_string(list_transform(
            regexp_extract_all(claim.effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"'),
            lambda named: coalesce(list_filter(
                regexp_extract_all(event.effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"'),
                lambda seen: regexp_extract(seen, '^"(?:[^"\\]|\\.)*"') = regexp_extract(named, '^"(?:[^"\\]|\\.)*"')
            )[1], named)
        ), ',') || '}'
    end as effect
from burst
semi join crowded using (burst)
join claim using (claim)
join decision using (claim)
left join ground using (claim)
left join doomed using (claim)
left join event on event.event = ground.event
cross join rule
