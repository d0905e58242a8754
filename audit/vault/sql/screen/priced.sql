-- priced: what the rate card asks for a line: price times units. A line that did not complete and charges nothing
-- asks for nothing. one row per line with a charge and a price; reads line, tariff, rule.
select
    line.place,
    line.units,
    line.charge_micros::decimal(38, 0) - tariff.price_micros::decimal(19, 0) * line.units::decimal(19, 0) as over_micros
from line
cross join rule
join tariff
    on tariff.action = line.action
    and tariff.currency = line.currency
    and tariff.day = timezone('UTC', line.occurred_at)::date
where line.charge_micros <> 0 or list_contains(rule.completed_statuses, line.status)
