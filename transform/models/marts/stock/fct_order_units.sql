with components as (
    select bundle_sku, component_sku, quantity from {{ ref('dim_bundle_components') }}
),

-- What a channel sends from its own stock is no unit of ours.
sent_by_channel as (
    select order_id from {{ ref('can_orders') }} where is_fulfilled_by_channel
),

-- A set is owed as what it is made of, so that sets and singles of one order draw on the same units.
ordered as (
    select
        order_lines.order_id,
        coalesce(components.component_sku, order_lines.sku) as sku,
        cast(sum(order_lines.quantity * coalesce(components.quantity, 1)) as bigint) as ordered,
        min(case when components.bundle_sku is null then 'single' else 'set' end) as comes_as
    from {{ ref('can_order_lines') }} as order_lines
    left join components on order_lines.sku = components.bundle_sku
    left join sent_by_channel on order_lines.order_id = sent_by_channel.order_id
    where order_lines.line_type = 'product' and order_lines.sku is not null and sent_by_channel.order_id is null
    group by order_lines.order_id, coalesce(components.component_sku, order_lines.sku)
),

shipped as (
    select
        parcel_lines.order_id,
        coalesce(components.component_sku, parcel_lines.sku) as sku,
        cast(sum(parcel_lines.quantity * coalesce(components.quantity, 1)) as bigint) as shipped
    from {{ ref('fct_parcel_lines') }} as parcel_lines
    left join components on parcel_lines.sku = components.bundle_sku
    where parcel_lines.order_id is not null and parcel_lines.is_shipped
    group by parcel_lines.order_id, coalesce(components.component_sku, parcel_lines.sku)
),

-- Units taken off before they left ('cancelled') and units given back in another way are kept apart: the latter are
-- first units that had been shipped, and only what exceeds those was never going to leave.
given_back as (
    select
        refund_lines.order_id,
        coalesce(components.component_sku, refund_lines.sku) as sku,
        cast(sum(
            case when refund_lines.restock_type = 'cancelled' then refund_lines.quantity else 0 end * coalesce(components.quantity, 1)
        ) as bigint) as removed,
        cast(sum(
            case when refund_lines.restock_type = 'cancelled' then 0 else refund_lines.quantity end * coalesce(components.quantity, 1)
        ) as bigint) as returned
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join {{ ref('can_refunds') }} as refunds on refund_lines.refund_id = refunds.refund_id
    left join components on refund_lines.sku = components.bundle_sku
    where refund_lines.line_type = 'product' and refund_lines.sku is not null and refunds.refund_status <> 'failed'
    group by refund_lines.order_id, coalesce(components.component_sku, refund_lines.sku)
),

counted as (
    select
        ordered.order_id,
        ordered.sku,
        ordered.comes_as,
        ordered.ordered,
        coalesce(shipped.shipped, 0) as shipped,
        cast(
            coalesce(given_back.removed, 0) + greatest(0, coalesce(given_back.returned, 0) - coalesce(shipped.shipped, 0)) as bigint
        ) as removed,
        cast(least(coalesce(given_back.returned, 0), coalesce(shipped.shipped, 0)) as bigint) as returned
    from ordered
    left join shipped on ordered.order_id = shipped.order_id and ordered.sku = shipped.sku
    left join given_back on ordered.order_id = given_back.order_id and ordered.sku = given_back.sku
)

select * from counted
