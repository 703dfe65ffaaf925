-- What the seller has still to send of an order; what the marketplace sends from its own stock is none of it.
with

items as (
    select * from {{ ref('stg_amazon__order_items') }}
),

orders as (
    select * from {{ ref('stg_amazon__orders') }}
),

mapped as (
    select
        'amazon:' || items.account_id || ':' || items.platform_line_id as fulfilment_order_line_id,
        'amazon:' || items.account_id || ':' || items.platform_order_id as order_id,
        'amazon' as platform,
        items.account_id,
        items.platform_order_id as fulfilment_order_gid,
        items.platform_line_id as fulfilment_order_line_gid,
        items.platform_line_id,
        items.sku,
        items.remaining_quantity,
        'open' as fulfilment_order_status,
        cast(null as varchar) as location_id
    from items
    inner join orders
        on items.account_id = orders.account_id
        and items.platform_order_id = orders.platform_order_id
    where
        items.remaining_quantity is not null
        and not orders.is_fulfilled_by_channel
        and orders.platform_order_status in ('PENDING', 'PENDING_AVAILABILITY', 'UNSHIPPED', 'PARTIALLY_SHIPPED')
)

select * from mapped
