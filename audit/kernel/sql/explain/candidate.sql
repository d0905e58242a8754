-- candidate: the events of the record of one claim, or that name it, and what became of each.
-- one row per event; reads asked, claim, event, naming, pair, word, witness, evidence.
select
    witness.system,
    event.event_id,
    event.grade,
    event.outcome,
    make_timestamptz(event.at_us) as occurred_at,
    event.at_us - claim.at_us as offset_us,
    event.vendor,
    event.target,
    event.action,
    event.actor,
    event.effect,
    evidence.units,
    evidence.claim_ref,
    event.is_named,
    naming.claim is not null as names_claim,
    coalesce(event.target = claim.target, true) as is_same_target,
    coalesce(event.vendor = claim.vendor, true) as is_same_vendor,
    coalesce(event.action = claim.action, true) as is_same_action,
    event.at_us between claim.earliest_us and claim.latest_us as is_inside,
    pair.relation,
    pair.rank,
    pair.word,
    chosen.event_id as chosen_event_id,
    taker.vendor as taken_by_vendor,
    taker.claim_id as taken_by
from asked
join claim using (claim)
join event on event.target = claim.target
    or event.event in (select named.event from naming as named join asked using (claim))
join evidence on evidence.event = event.event
join witness using (witness)
left join naming on naming.claim = claim.claim and naming.event = event.event
left join pair on pair.claim = claim.claim and pair.event = event.event
left join word as answer on answer.claim = claim.claim and answer.witness = event.witness
left join event as chosen on chosen.event = answer.event
left join word as taking on taking.event = event.event
left join claim as taker on taker.claim = taking.claim
order by
    event.at_us,
    event.witness,
    event.event_id
