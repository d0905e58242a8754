-- tokens: lines whose tokens per unit are more than ten times the median of their agent's action, or less than a tenth.
-- one row per such line; its part is the agent's action; reads line, token_band.
select
    line.place,
    token_band.part,
    line.units,
    line.charge_micros as micros
from line
join token_band using (vendor, agent_id, action)
where line.tokens > 10::hugeint * token_band.tokens * line.units
    or 10::hugeint * line.tokens < token_band.tokens::hugeint * line.units
