-- word: what each system says of a claim; silence is no word.
-- one row per claim and witness; reads match, event.
select
    match.claim,
    match.event,
    match.witness,
    event.event_id,
    event.grade,
    event.is_independent,
    match.rank,
    match.word,
    event.at_us,
    event.units
from match
join event using (event)
