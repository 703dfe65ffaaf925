{#-
    Two books of the same shelves. The system that counts keeps one (hub). What other systems saw is the other (warehouse):
    parcels that left, receipts of purchase orders, returns put back by disposition. Transfers, adjustments and assembly
    only the counting system can know, so they stand in both, and so does the count a place is opened with. A later count is
    the hub's alone: it mends what the hub had missed, and the other book has not missed it.
-#}
with components as (
    select bundle_sku, component_sku, quantity from {{ ref('dim_bundle_components') }}
),

parcel_lines as (
    select
        lines.parcel_id,
        coalesce(components.component_sku, lines.sku) as sku,
        cast(sum(lines.quantity * coalesce(components.quantity, 1)) as bigint) as units
    from {{ ref('fct_parcel_lines') }} as lines
    left join components on lines.sku = components.bundle_sku
    where lines.is_shipped and lines.sku is not null
    group by lines.parcel_id, coalesce(components.component_sku, lines.sku)
),

shipments as (
    select parcel_lines.*, parcels.order_id, parcels.platform, parcels.location_id, parcels.shipped_at, parcels.tracking_number
    from parcel_lines
    inner join {{ ref('fct_parcels') }} as parcels on parcel_lines.parcel_id = parcels.parcel_id
),

-- Goods come back to where they left from, as far as anybody knows.
left_from as (
    select order_id, sku, min(location_id) as location_id
    from shipments
    where order_id is not null
    group by order_id, sku
),

put_back as (
    select
        refund_lines.refund_line_id,
        refund_lines.refund_id,
        refund_lines.order_id,
        refund_lines.platform,
        coalesce(components.component_sku, refund_lines.sku) as sku,
        cast(sum(refund_lines.quantity * coalesce(components.quantity, 1)) as bigint) as units,
        min(refunds.refunded_at) as refunded_at
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join {{ ref('can_refunds') }} as refunds on refund_lines.refund_id = refunds.refund_id
    left join components on refund_lines.sku = components.bundle_sku
    -- What a channel sends from its own stock goes back onto its own shelf.
    left join {{ ref('can_orders') }} as orders on refund_lines.order_id = orders.order_id
    where not coalesce(orders.is_fulfilled_by_channel, false) and refund_lines.line_type = 'product' and refund_lines.restock_type = 'restocked' and refund_lines.sku is not null
    group by refund_lines.refund_line_id, refund_lines.refund_id, refund_lines.order_id, refund_lines.platform,
        coalesce(components.component_sku, refund_lines.sku)
),

hub_lines as (
    select
        *,
        row_number() over (
            partition by platform, account_id, sku, location_id
            order by moved_at nulls first, case when movement_type = 'count' then 0 else 1 end, stock_movement_id
        ) as line_of_place
    from {{ ref('can_stock_movements') }}
),

movements as (
    select
        stock_movement_id as movement_id, sku, location_id, movement_type, units, moved_at, platform,
        case
            when movement_type in ('shipment', 'receipt', 'return') or (movement_type = 'count' and line_of_place > 1) then 'hub'
            else 'both'
        end as book,
        platform_document_id as source_id, document_number
    from hub_lines
    union all
    select
        parcel_id || '/' || sku, sku, coalesce(location_id, 'unassigned'), 'shipment', -units, shipped_at, platform,
        'warehouse', parcel_id, tracking_number
    from shipments
    union all
    select
        purchase_order_line_id, sku, location_id, 'receipt', received_quantity, cast(last_received_date as timestamp), platform,
        'warehouse', platform_purchase_order_id, cast(null as varchar)
    from {{ ref('can_purchase_orders') }}
    where received_quantity > 0
    union all
    select
        put_back.refund_line_id || '/' || put_back.sku, put_back.sku, coalesce(left_from.location_id, 'unassigned'), 'return',
        put_back.units, put_back.refunded_at, put_back.platform, 'warehouse', put_back.refund_id, cast(null as varchar)
    from put_back
    left join left_from on put_back.order_id = left_from.order_id and put_back.sku = left_from.sku
),

typed as (
    select
        movement_id, sku, location_id, movement_type, cast(units as bigint) as units, moved_at, book, platform, source_id,
        document_number
    from movements
    where units <> 0
)

select * from typed
