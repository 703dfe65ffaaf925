with

shipments as (
    select * from {{ ref('stg_shipstation__shipments') }}
),

items as (
    select * from {{ ref('stg_shipstation__shipment_items') }}
),

mapped as (
    select
        'shipstation:' || items.account_id || ':' || items.platform_shipment_id || ':' || items.line_number
            as parcel_line_id,
        'shipstation:' || items.account_id || ':' || items.platform_shipment_id as parcel_id,
        'shipstation' as platform,
        items.account_id,
        items.sku,
        items.quantity
    from items
    inner join shipments
        on items.account_id = shipments.account_id and items.platform_shipment_id = shipments.platform_shipment_id
    where not shipments.is_return_label
)

select * from mapped
