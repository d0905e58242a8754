-- support: the independent supporting deciding events, each with the unit of work that it proves, if it proves one.
-- one row per claim and event; reads deciding, oscillation, repeat.
select
    deciding.claim,
    deciding.event,
    deciding.witness,
    deciding.event_id,
    deciding.at_us,
    case
        when oscillation.claim is null and deciding.decision = 'supported'
        then coalesce(repeat.repeat_of, deciding.claim)
    end as unit
from deciding
left join oscillation using (claim)
left join repeat using (claim)
where deciding.is_independent and deciding.word = 'supports'
