with

source as (
    select * from {{ source('raw_shipstation', 'orders') }}
),

unnested as (
    select
        source.account_id,
        cast(source.order_id as varchar) as platform_order_id,
        items.item_number,
        items.item as line
    from source
    cross join {{ json_items('source.items') }}
),

renamed as (
    select
        account_id,
        platform_order_id,
        cast(item_number as bigint) as line_number,
        {{ json_text('line', 'lineItemKey') }} as platform_line_id,
        nullif(trim({{ json_text('line', 'sku') }}), '') as sku,
        {{ json_text('line', 'name') }} as title,
        cast({{ json_text('line', 'quantity') }} as bigint) as quantity,
        coalesce(cast({{ json_text('line', 'adjustment') }} as boolean), false) as is_adjustment,
        cast({{ json_text('line', 'unitPrice') }} as decimal(28, 6)) as unit_price_major,
        cast({{ json_text('line', 'taxAmount') }} as decimal(28, 6)) as tax_amount_major,
        cast({{ json_text('line', 'shippingAmount') }} as decimal(28, 6)) as shipping_amount_major
    from unnested
)

select * from renamed
