{{ config(tags=['identity'], meta={'identity': 'S-06', 'severity': 'blocks'}) }}
-- S-06: units that open orders claim beyond what is sellable are exactly the units short on oversell rows. A failure means
-- that somebody was promised a unit that is not there and nobody is told.
with stock as (
    select
        sku,
        cast(sum(committed) as bigint) as committed,
        cast(sum(
            case when is_enabled then available + committed else least(committed, available + committed) end
        ) as bigint) as sellable
    from {{ ref('fct_stock') }}
    group by sku
),

promised as (
    select
        stock.sku,
        stock.committed,
        stock.committed - greatest(0, stock.sellable - pools.in_flight + coalesce(preorders.sellable, 0)) as excess
    from stock
    inner join {{ ref('fct_stock_pools') }} as pools on stock.sku = pools.sku
    left join {{ ref('fct_preorders') }} as preorders on stock.sku = preorders.sku
),

oversold as (
    select sku, cast(sum(short) as bigint) as short
    from {{ ref('fct_oversells') }}
    group by sku
)

select coalesce(promised.sku, oversold.sku) as sku, promised.committed, promised.excess, oversold.short
from promised
full outer join oversold on promised.sku = oversold.sku
where greatest(0, coalesce(promised.excess, 0)) <> coalesce(oversold.short, 0)
