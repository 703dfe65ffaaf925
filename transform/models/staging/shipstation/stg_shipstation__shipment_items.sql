with

source as (
    select * from {{ source('raw_shipstation', 'shipments') }}
),

unnested as (
    select
        source.account_id,
        cast(source.shipment_id as varchar) as platform_shipment_id,
        items.item_number,
        items.item as line
    from source
    cross join {{ json_items('source.shipment_items') }}
),

renamed as (
    select
        account_id,
        platform_shipment_id,
        cast(item_number as bigint) as line_number,
        {{ json_text('line', 'orderItemId') }} as platform_order_item_id,
        {{ json_text('line', 'lineItemKey') }} as platform_line_id,
        nullif(trim({{ json_text('line', 'sku') }}), '') as sku,
        {{ json_text('line', 'name') }} as title,
        cast({{ json_text('line', 'quantity') }} as bigint) as quantity,
        cast({{ json_text('line', 'unitPrice') }} as decimal(28, 6)) as unit_price_major
    from unnested
)

select * from renamed
