-- Open = placed, not test, not cancelled, and not known as shipped by the storefront or by the shipping tool.
with open_orders as (
    select order_id, entity_id, channel, order_number, placed_at
    from {{ ref('can_orders') }}
    where
        not is_test
        and cancelled_at is null
        and coalesce(order_fulfilment_status, 'unmapped') <> 'fulfilled'
        and coalesce(order_payment_status, 'unmapped') not in ('refunded', 'voided')
),

ordered as (
    select order_id, sku, cast(sum(quantity) as bigint) as ordered
    from {{ ref('can_order_lines') }}
    where line_type = 'product' and sku is not null
    group by order_id, sku
),

shipped as (
    select parcels.order_id, parcel_lines.sku, cast(sum(parcel_lines.quantity) as bigint) as shipped
    from {{ ref('fct_parcel_lines') }} as parcel_lines
    inner join {{ ref('fct_parcels') }} as parcels on parcel_lines.parcel_id = parcels.parcel_id
    where parcels.order_id is not null and parcels.is_shipped
    group by parcels.order_id, parcel_lines.sku
),

-- Units taken off before they left ('cancelled') and units given back in another way are kept apart: the latter are
-- first units that had been shipped, and only what exceeds those was never going to leave.
given_back as (
    select
        refund_lines.order_id,
        refund_lines.sku,
        cast(sum(case when refund_lines.restock_type = 'cancelled' then refund_lines.quantity else 0 end) as bigint) as removed,
        cast(sum(case when refund_lines.restock_type = 'cancelled' then 0 else refund_lines.quantity end) as bigint) as returned
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join {{ ref('can_refunds') }} as refunds on refund_lines.refund_id = refunds.refund_id
    where refund_lines.line_type = 'product' and refund_lines.sku is not null and refunds.refund_status <> 'failed'
    group by refund_lines.order_id, refund_lines.sku
),

storefront_places as (
    select order_id, sku, location_id, cast(sum(remaining_quantity) as bigint) as remaining
    from {{ ref('can_fulfilment_orders') }}
    where sku is not null
    group by order_id, sku, location_id
),

storefront_spans as (
    select
        *,
        sum(remaining) over (partition by order_id, sku order by location_id nulls last rows unbounded preceding) as last_unit
    from storefront_places
),

counted as (
    select
        ordered.order_id, ordered.sku, ordered.ordered,
        coalesce(shipped.shipped, 0) as shipped,
        coalesce(given_back.removed, 0) + greatest(0, coalesce(given_back.returned, 0) - coalesce(shipped.shipped, 0)) as removed
    from ordered
    left join shipped on ordered.order_id = shipped.order_id and ordered.sku = shipped.sku
    left join given_back on ordered.order_id = given_back.order_id and ordered.sku = given_back.sku
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
