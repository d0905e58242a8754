-- binding: which agent stands behind an actor of a system.
-- one row per system, actor, vendor and agent; reads actors, witness.
select distinct
    witness.witness,
    actors.actor,
    actors.vendor,
    actors.agent_id
from actors
join witness using (system)
