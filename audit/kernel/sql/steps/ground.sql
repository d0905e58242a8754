-- ground: the deciding event, the first of the deciding events (the law, 3.4).
-- one row per claim that a word decided; reads deciding. Where only one system has a word there is nothing to rank.
with ranked as (
    select claim, event
    from deciding
    where words > 1
    qualify row_number() over (partition by claim order by rank, at_us, witness, event_id) = 1
)
select
    deciding.claim,
    deciding.event,
    deciding.witness,
    deciding.event_id,
    deciding.rank,
    deciding.at_us,
    deciding.units
from deciding
left join ranked using (claim, event)
where deciding.words = 1 or ranked.claim is not null
