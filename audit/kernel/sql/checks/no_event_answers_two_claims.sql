-- no_event_answers_two_claims: returns the events that are paired with more than one claim.
-- one row per event; reads match.
select
    event,
    count(*) as claims
from match
group by event
having count(*) > 1
