with

source as (
    select * from {{ source('raw_shopify', 'product_variants') }}
),

renamed as (
    select
        account_id,
        {{ gid_number('id') }} as platform_variant_id,
        {{ gid_number(json_text('product', 'id')) }} as platform_product_id,
        {{ json_text('inventory_item', 'id') }} as inventory_item_gid,
        nullif(trim(sku), '') as sku,
        coalesce(display_name, {{ json_text('product', 'title') }}) as title,
        nullif(barcode, '') as barcode,
        coalesce({{ json_text('product', 'isGiftCard') }} = 'true', false) as is_gift_card,
        coalesce({{ json_text('inventory_item', 'tracked') }} = 'true', false) as is_tracked,
        {{ utc_timestamp('updated_at') }} as updated_at,
        -- `price` is a bare decimal in shop currency; the shop's currency is not on the variant, so canonical converts it.
        price as price_text,
        upper({{ json_text('inventory_item', 'unitCost.currencyCode') }}) as unit_cost_currency_code,
        {{ json_text('inventory_item', 'unitCost.amount') }} as unit_cost_text,
        {{ to_minor(json_text('inventory_item', 'unitCost.amount'), "upper(" ~ json_text('inventory_item', 'unitCost.currencyCode') ~ ")") }} as unit_cost_minor
    from source
)

select * from renamed
