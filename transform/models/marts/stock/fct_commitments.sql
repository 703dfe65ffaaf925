-- Open = placed, not test, not cancelled, and not known as shipped by the storefront or by the shipping tool.
with components as (
    select bundle_sku, component_sku, quantity from {{ ref('dim_bundle_components') }}
),

open_orders as (
    select order_id, entity_id, channel, order_number, placed_at
    from {{ ref('can_orders') }}
    where
        not is_test
        and cancelled_at is null
        and coalesce(order_fulfilment_status, 'unmapped') <> 'fulfilled'
        and coalesce(order_payment_status, 'unmapped') not in ('refunded', 'voided')
),

storefront_places as (
    select
        places.order_id,
        coalesce(components.component_sku, places.sku) as sku,
        places.location_id,
        cast(sum(places.remaining_quantity * coalesce(components.quantity, 1)) as bigint) as remaining
    from {{ ref('can_fulfilment_orders') }} as places
    left join components on places.sku = components.bundle_sku
    where places.sku is not null
    group by places.order_id, coalesce(components.component_sku, places.sku), places.location_id
),

storefront_spans as (
    select
        *,
        sum(remaining) over (partition by order_id, sku order by location_id nulls last rows unbounded preceding) as last_unit
    from storefront_places
),

counted as (
    select order_id, sku, ordered, shipped, removed from {{ ref('fct_order_units') }}
),

fullest_places as (
    select sku, location_id, row_number() over (partition by sku order by on_hand desc, location_id) as preference
    from {{ ref('fct_stock_levels') }}
    where is_enabled
),

-- The storefront's own places come first, in the order of their names; without any, the fullest place owes all of it.
placed as (
    select
        counted.*,
        spans.location_id as storefront_location_id,
        case
            when spans.order_id is null then counted.ordered - counted.shipped - counted.removed
            else least(counted.ordered - counted.shipped - counted.removed, spans.last_unit) - (spans.last_unit - spans.remaining)
        end as committed
    from counted
    left join storefront_spans as spans on counted.order_id = spans.order_id and counted.sku = spans.sku
),

commitments as (
    select
        placed.order_id,
        placed.sku,
        coalesce(placed.storefront_location_id, fullest_places.location_id, 'unassigned') as location_id,
        open_orders.entity_id,
        open_orders.channel,
        open_orders.order_number,
        open_orders.placed_at,
        cast(placed.ordered as bigint) as ordered,
        cast(placed.shipped as bigint) as shipped,
        cast(placed.removed as bigint) as removed,
        cast(sum(placed.committed) as bigint) as committed
    from placed
    inner join open_orders on placed.order_id = open_orders.order_id
    left join fullest_places on placed.sku = fullest_places.sku and fullest_places.preference = 1
    where placed.committed > 0
    group by placed.order_id, placed.sku, coalesce(placed.storefront_location_id, fullest_places.location_id, 'unassigned'),
        open_orders.entity_id, open_orders.channel, open_orders.order_number, open_orders.placed_at,
        placed.ordered, placed.shipped, placed.removed
)

select * from commitments
