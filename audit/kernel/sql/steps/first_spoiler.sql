-- first_spoiler: the current rows whose reason spoils, as far as the first hearing gives it (the law, 3.3, doomed).
-- one row per claim row; reads spoiling, screened, rule.
select claim, vendor, claim_id
from spoiling
union all
select screened.claim, screened.vendor, screened.claim_id
from screened
cross join rule
where screened.is_current and list_contains(rule.taint_from, screened.reason)
