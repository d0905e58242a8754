-- last_spoiler: the current rows whose reason before taint spoils (the law, 3.6).
-- one row per claim row; reads judged, screened, rule.
select judged.claim, judged.vendor, judged.claim_id
from judged
cross join rule
where list_contains(rule.taint_from, judged.reason)
union all
select screened.claim, screened.vendor, screened.claim_id
from screened
cross join rule
where screened.is_current and list_contains(rule.taint_from, screened.reason)
