{{ config(tags=['identity'], meta={'identity': 'S-14', 'severity': 'blocks'}) }}
-- S-14: a hold whose end has come holds nothing, and what channels are told is less exactly the holds that have not ended.
-- A failure means that units stay off every shop for nobody.
with holding as (
    select
        coalesce(components.component_sku, reservations.sku) as sku,
        cast(sum(reservations.units * coalesce(components.quantity, 1)) as bigint) as units
    from {{ ref('fct_reservations') }} as reservations
    cross join {{ ref('dim_stock_clock') }} as clock
    left join {{ ref('dim_bundle_components') }} as components on reservations.sku = components.bundle_sku
    where reservations.expires_at > clock.newest_count_at
    group by coalesce(components.component_sku, reservations.sku)
)

select pools.sku, pools.checkout_holds, holding.units
from {{ ref('fct_stock_pools') }} as pools
left join holding on pools.sku = holding.sku
where pools.checkout_holds <> coalesce(holding.units, 0)
