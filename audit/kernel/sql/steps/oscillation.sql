-- oscillation: claims of a burst in which a value came back after another one (the law, 3.5).
-- one row per claim; reads member, rule.
with stated as (
    select
        claim,
        burst,
        effect,
        regexp_extract_all(effect, '("(?:[^"\\]|\\.)*"):"(?:[^"\\]|\\.)*"', 1) as fields,
        at_us,
        claim_id
    from member
    where not is_misfire and decision <> 'unseen' and effect is not null
),
turned as (
    select
        stated.claim,
        stated.burst,
        stated.fields,
        stated.effect,
        stated.effect is distinct from lag(stated.effect) over (
            partition by stated.burst, stated.fields
            order by stated.at_us, stated.claim_id
        ) as is_turn
    from stated
),
voided as (
    select burst, fields
    from turned
    group by burst, fields
    having count(*) filter (where is_turn) > count(distinct effect)
)
select turned.claim
from turned
join voided using (burst, fields)
cross join rule
where rule.oscillation_voids
