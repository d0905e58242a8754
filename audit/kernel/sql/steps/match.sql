-- match: each claim and the one event that answers it in a system.
-- one row per claim and witness; reads pair, contest, won (the winners among the contested, from pairing.py).
select
    pair.claim,
    pair.event,
    pair.witness,
    pair.rank,
    pair.word
from pair
left join contest using (claim, event)
left join won using (claim, event)
where contest.claim is null or won.claim is not null
