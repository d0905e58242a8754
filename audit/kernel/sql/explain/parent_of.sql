-- parent_of: the step that one claim id was built on.
-- one row; reads claims; takes vendor and claim_id.
select parent_id
from claims
where vendor = ? and claim_id = ?
order by
    revision desc,
    claim
limit 1
