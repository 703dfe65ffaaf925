with

source as (
    select * from {{ source('raw_files', 'products') }}
),

renamed as (
    select
        channel,
        sku,
        title,
        barcode,
        upper(currency_code) as currency_code,
        {{ to_minor('price', 'upper(currency_code)') }} as price_minor,
        {{ to_minor('unit_cost', 'upper(currency_code)') }} as unit_cost_minor,
        coalesce(is_gift_card, false) as is_gift_card
    from source
)

select * from renamed
