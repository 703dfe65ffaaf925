with

products as (
    select * from {{ ref('stg_files__products') }}
),

mapped as (
    select
        'files:' || channel || ':' || sku as product_id,
        'files' as platform,
        channel as account_id,
        sku,
        title,
        barcode,
        price_minor,
        unit_cost_minor,
        currency_code,
        is_gift_card,
        cast(null as timestamp) as updated_at
    from products
)

select * from mapped
