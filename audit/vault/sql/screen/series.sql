-- series: lines of one agent, action and session, six or more.
-- one row per series; reads line.
select
    vendor,
    agent_id,
    action,
    session_id,
    min(place) as part,
    max(units) > min(units) as units_vary,
    coalesce(
        max(charge_micros) > min(charge_micros)
            and count(charge_micros) = count(*)
            and max(currency) is not distinct from min(currency),
        false
    ) as charges_vary
from line
group by vendor, agent_id, action, session_id
having count(*) >= 6
