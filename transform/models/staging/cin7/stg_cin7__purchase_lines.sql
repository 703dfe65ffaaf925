with

source as (
    select
        account_id,
        id,
        upper(supplier_currency) as currency_code,
        {{ json_value('"order"', 'Lines') }} as order_lines
    from {{ source('raw_cin7', 'purchases') }}
),

unnested as (
    select
        source.account_id,
        source.id as platform_purchase_order_id,
        source.currency_code,
        items.item_number,
        items.item as line
    from source
    cross join {{ json_items('source.order_lines') }}
),

renamed as (
    select
        account_id,
        platform_purchase_order_id,
        cast(item_number as bigint) as line_number,
        {{ json_text('line', 'SKU') }} as sku,
        cast({{ json_text('line', 'Quantity') }} as decimal(28, 6)) as quantity,
        currency_code,
        -- A unit price may have more decimals than the currency; the line's total is what is owed.
        cast({{ json_text('line', 'Price') }} as decimal(28, 6)) as unit_price_major,
        {{ to_minor(json_text('line', 'Total'), 'currency_code') }} as total_minor,
        {{ to_minor(json_text('line', 'Tax'), 'currency_code') }} as tax_minor
    from unnested
)

select * from renamed
