with

source as (
    select * from {{ source('raw_cin7', 'purchases') }}
),

receipts as (
    select
        source.account_id,
        source.id as platform_purchase_order_id,
        items.item_number as receipt_number,
        {{ json_value('items.item', 'Lines') }} as receipt_lines
    from source
    cross join {{ json_items('source.stock_received') }}
    where {{ json_text('items.item', 'Status') }} = 'AUTHORISED'
),

unnested as (
    select
        receipts.account_id,
        receipts.platform_purchase_order_id,
        receipts.receipt_number,
        items.item_number,
        items.item as line
    from receipts
    cross join {{ json_items('receipts.receipt_lines') }}
),

renamed as (
    select
        account_id,
        platform_purchase_order_id,
        cast(receipt_number as bigint) as receipt_number,
        cast(item_number as bigint) as line_number,
        {{ json_text('line', 'SKU') }} as sku,
        {{ json_text('line', 'Location') }} as platform_location_id,
        cast({{ json_text('line', 'Quantity') }} as decimal(28, 6)) as quantity,
        coalesce(cast({{ json_text('line', 'Received') }} as boolean), false) as is_received,
        cast({{ utc_timestamp(json_text('line', 'Date')) }} as date) as received_date
    from unnested
)

select * from renamed
