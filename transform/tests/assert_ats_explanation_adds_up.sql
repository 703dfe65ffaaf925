-- F-STK-02: the terms of a SKU × channel sum to the number the channel is told, and that number is never below zero.
with sums as (
    select sku, channel, cast(sum(units) as bigint) as units
    from {{ ref('fct_ats_explained') }}
    group by sku, channel
)

select ats.sku, ats.channel, ats.ats, sums.units
from {{ ref('fct_ats') }} as ats
left join sums on ats.sku = sums.sku and ats.channel = sums.channel
where ats.ats <> coalesce(sums.units, 0) or ats.ats < 0
