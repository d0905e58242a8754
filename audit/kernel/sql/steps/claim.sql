-- claim: the heard claims of this slice; the folder ends at the last slash of the target.
-- one row per claim; reads heard, doomed, slice.
select
    heard.claim,
    heard.vendor,
    heard.claim_id,
    heard.agent_id,
    heard.action,
    heard.target,
    regexp_extract(heard.target, '^[\s\S]*/') as folder,
    heard.at_us,
    heard.at_us - heard.before_us as earliest_us,
    heard.at_us + heard.after_us as latest_us,
    heard.undo_us,
    heard.session_id,
    heard.units,
    heard.effect,
    doomed.claim is not null as is_doomed
from heard
join slice using (slice)
left join doomed using (claim)
