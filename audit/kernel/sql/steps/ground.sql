-- ground: the deciding event, the first of the deciding events (the law, 3.4).
-- one row per claim that a word decided; reads deciding.
select
    claim,
    event,
    witness,
    event_id,
    rank,
    at_us,
    units
from deciding
qualify row_number() over (partition by claim order by rank, at_us, witness, event_id) = 1
