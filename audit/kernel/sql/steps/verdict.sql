-- verdict: state and reason of every claim row, and what they rest on (the law, 3.7).
-- one row per claim row; reads claims, standing, settled, untainted, tainted, meaning, witness, sighting.
select
    claims.claim,
    claims.vendor,
    claims.claim_id,
    claims.revision,
    standing.row,
    meaning.state,
    meaning.reason,
    meaning.class,
    settled.rank,
    witness.system as event_system,
    settled.event_id,
    kept.claim_id as repeat_of,
    undoer.system || ':' || undone.event_id as undone_by,
    spoilt.claim_id as tainted_by,
    coalesce(meaning.state = 'verified' and settled.is_provisional, false) as provisional,
    claims.units,
    claims.charge_micros
from claims
join standing using (claim)
join untainted using (claim)
left join tainted using (claim)
join meaning on meaning.reason = case when tainted.claim is null then untainted.reason else 'tainted' end
left join settled using (claim)
left join witness using (witness)
left join claims as kept on kept.claim = settled.repeat_of and meaning.reason = 'repeat'
left join claims as spoilt on spoilt.claim = tainted.ancestor
left join sighting as undone on undone.event = settled.undone_event and meaning.reason = 'undone'
left join witness as undoer on undoer.witness = undone.witness
