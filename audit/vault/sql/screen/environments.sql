-- environments: lines from outside the production environments of the rules.
-- one row per such line; its part is the environment's place in the alphabet; reads line, rule.
select
    line.place,
    dense_rank() over (order by line.environment) as part,
    line.units,
    line.charge_micros as micros
from line
cross join rule
where not list_contains(rule.production_environments, line.environment)
