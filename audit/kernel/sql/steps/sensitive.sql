-- sensitive: the claims of this slice to which it can matter who walks last (the law, 3.3 and 3.5, doomed).
-- one row per claim; reads claim, contest, hot_record, member.
with reached as (
    select claim from contest
    union
    select claim from member
    union
    select claim.claim from claim semi join hot_record using (target)
)
select
    claim.claim,
    claim.record
from claim
semi join reached using (claim)
