-- repeat: claims of the same work again in one burst, and the claim that they repeat (the law, 3.5).
-- one row per repeating claim; reads member, oscillation, rivals, rule.
with grouped as (
    select
        member.claim,
        (member.burst, rivals.effect, rivals.session_id) as rival,
        case when not rivals.is_backed and member.at_us <= rivals.misfire_us then rivals.misfire end as misfire,
        case member.decision when 'supported' then 1 when 'attested' then 2 else 3 end as standing,
        member.is_doomed,
        member.at_us,
        member.claim_id
    from member
    join rivals
        on rivals.burst = member.burst
        and rivals.effect is not distinct from member.effect
        and rivals.session_id is not distinct from case when member.effect is null then member.session_id end
    anti join oscillation on oscillation.claim = member.claim
    where not member.is_misfire
),
ordered as (
    select
        claim,
        misfire,
        count(*) over (partition by rival, misfire is null) as members,
        first_value(claim) over (
            partition by rival, misfire is null
            order by standing, is_doomed, at_us, claim_id
        ) as kept
    from grouped
)
select
    ordered.claim,
    other.claim as repeat_of,
    other.claim_id as repeat_of_id,
    ordered.misfire is not null as is_of_misfire
from ordered
join member as other on other.claim = coalesce(ordered.misfire, ordered.kept)
cross join rule
where ordered.misfire is not null
    or (ordered.claim <> ordered.kept and ordered.members >= rule.burst_minimum)
