-- contest: the pairs whose claim or event has another possible partner in the same system, best rank first and within
-- one row per pair; reads pair, claim, event, doomed. The law, 3.3: a rank first come, first served, the doomed last.
with busy_claim as (
    select claim, witness from pair group by claim, witness having count(*) > 1
),
busy_event as (
    select event from pair group by event having count(*) > 1
),
contested as (
    select pair.claim, pair.witness, pair.event, pair.rank, pair.preference
    from pair
    left join busy_claim using (claim, witness)
    left join busy_event using (event)
    where busy_claim.claim is not null or busy_event.event is not null
)
select
    contested.claim,
    contested.witness,
    contested.event
from contested
join claim using (claim)
join event using (event)
left join doomed using (claim)
order by
    contested.rank,
    doomed.claim is not null,
    claim.at_us,
    claim.vendor,
    claim.claim_id,
    contested.preference,
    event.at_us,
    event.event_id,
    contested.event
