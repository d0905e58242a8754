-- claim: the heard claims of this slice.
-- one row per claim; reads heard, slice.
select
    heard.claim,
    heard.vendor,
    heard.claim_id,
    heard.agent_id,
    heard.action,
    heard.target,
    heard.folder,
    heard.at_us,
    heard.earliest_us,
    heard.latest_us,
    heard.undo_us,
    heard.session_id,
    heard.units,
    heard.effect
from heard
join slice using (slice)
