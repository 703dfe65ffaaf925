with

source as (
    select * from {{ source('raw_files', 'order_lines') }}
),

renamed as (
    select
        channel,
        order_id as platform_order_id,
        line_id as platform_line_id,
        coalesce(line_type, 'product') as line_type,
        sku,
        title,
        quantity,
        upper(currency_code) as currency_code,
        {{ to_minor('unit_price', 'upper(currency_code)') }} as unit_price_minor,
        {{ to_minor('coalesce(discount, 0)', 'upper(currency_code)') }} as discount_minor,
        {{ to_minor('coalesce(tax, 0)', 'upper(currency_code)') }} as tax_minor,
        tax_rate_ppm,
        is_tax_collected_by_channel
    from source
)

select * from renamed
