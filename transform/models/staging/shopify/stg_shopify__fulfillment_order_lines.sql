with

source as (
    select account_id, id as order_gid, fulfillment_orders from {{ source('raw_shopify', 'orders') }}
),

fulfillment_orders as (
    select source.account_id, source.order_gid, items.item as fulfillment_order, {{ json_value('items.item', 'lineItems') }} as lines
    from source
    cross join {{ json_items('source.fulfillment_orders') }}
),

renamed as (
    select
        fulfillment_orders.account_id,
        {{ gid_number('fulfillment_orders.order_gid') }} as platform_order_id,
        {{ json_text('fulfillment_orders.fulfillment_order', 'id') }} as fulfilment_order_gid,
        {{ json_text('items.item', 'id') }} as fulfilment_order_line_gid,
        {{ gid_number(json_text('items.item', 'lineItem.id')) }} as platform_line_id,
        nullif({{ json_text('items.item', 'sku') }}, '') as sku,
        cast({{ json_text('items.item', 'remainingQuantity') }} as bigint) as remaining_quantity,
        case
            when {{ json_text('fulfillment_orders.fulfillment_order', 'status') }} in (
                'OPEN', 'IN_PROGRESS', 'CANCELLED', 'CLOSED', 'INCOMPLETE', 'ON_HOLD', 'SCHEDULED'
            ) then lower({{ json_text('fulfillment_orders.fulfillment_order', 'status') }})
            else 'unmapped'
        end as fulfilment_order_status,
        {{ json_text('fulfillment_orders.fulfillment_order', 'assignedLocation.location.id') }} as location_gid
    from fulfillment_orders
    cross join {{ json_items('fulfillment_orders.lines') }}
)

select * from renamed
