-- meeting: claims and events that meet, with the relation of their effects.
-- one row per claim and event; reads by_record, by_reference, likeness.
with met as (
    select claim, event, witness, by_reference, outcome, is_actionless, is_bound, claim_effect, event_effect
    from by_record
    union all
    select claim, event, witness, by_reference, outcome, is_actionless, is_bound, claim_effect, event_effect
    from by_reference
)
select
    met.claim,
    met.event,
    met.witness,
    met.by_reference,
    met.outcome,
    met.is_actionless,
    met.is_bound,
    case
        when met.claim_effect is null or met.event_effect is null then 'unknown'
        when met.claim_effect = met.event_effect then 'agree'
        else likeness.relation
    end as relation
from met
left join likeness using (claim_effect, event_effect)
