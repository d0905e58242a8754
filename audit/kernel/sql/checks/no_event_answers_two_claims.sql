-- no_event_answers_two_claims: returns the events that are paired with more than one claim, in whichever part of the run.
-- one row per system and event id; reads testimony.
select
    system,
    event_id,
    count(*) as claims
from testimony
group by system, event_id
having count(*) > 1
