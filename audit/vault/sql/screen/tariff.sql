-- tariff: the agreed price of an action on a UTC day: its own if it has one by then, else that of every action.
-- one row per action, currency and day with a price; reads line, price.
with needed as (
    select distinct action, currency, timezone('UTC', occurred_at)::date as day
    from line
    where charge_micros is not null and currency is not null
)
select
    needed.action,
    needed.currency,
    needed.day,
    arg_max(price.price_micros, (price.action <> '', price.starts_on)) as price_micros
from needed
join price
    on price.action in (needed.action, '')
    and price.currency = needed.currency
    and price.starts_on <= needed.day
group by needed.action, needed.currency, needed.day
