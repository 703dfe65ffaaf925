{{ config(tags=['identity'], meta={'identity': 'S-13', 'severity': 'blocks'}) }}
-- S-13: units sold before they are there are at most what may be; what goes beyond is oversold and has its row. A failure
-- means that a promise stands on goods nobody has ordered.
with short as (
    select sku, cast(sum(short) as bigint) as units
    from {{ ref('fct_oversells') }}
    group by sku
)

select preorders.sku, preorders.sellable, preorders.taken, preorders.not_covered, short.units
from {{ ref('fct_preorders') }} as preorders
left join short on preorders.sku = short.sku
where
    preorders.taken > preorders.sellable
    or preorders.sellable > preorders.due_in_time
    or (preorders.not_covered > 0 and coalesce(short.units, 0) = 0)
