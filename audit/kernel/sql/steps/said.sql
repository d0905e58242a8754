-- said: what is to be said of every claim row before taint, heard or not.
-- one row per claim row; reads judged, screened.
select
    claim, vendor, claim_id, revision, row, agent_id, action, at_us, currency, tokens_input, tokens_cached,
    tokens_output, reason, rank, witness, event_id, repeat_of, undone_by, is_provisional, units, charge_micros
from judged
union all by name
select
    claim, vendor, claim_id, revision, row, agent_id, action, at_us, currency, tokens_input, tokens_cached,
    tokens_output, reason, units, charge_micros
from screened
