with

products as (
    select * from {{ ref('stg_cin7__products') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

mapped as (
    select
        'cin7:' || products.account_id || ':' || products.platform_product_id as product_id,
        'cin7' as platform,
        products.account_id,
        products.sku,
        products.title,
        products.barcode,
        {{ to_minor('products.price_major', 'entities.base_currency_code') }} as price_minor,
        -- An average is not an amount anybody paid, so it is rounded where a price would have to be exact.
        cast(
            round(
                products.average_cost_major * {{ minor_units_per_major('entities.base_currency_code') }}, 0
            ) as bigint
        ) as unit_cost_minor,
        entities.base_currency_code as currency_code,
        false as is_gift_card,
        products.updated_at
    from products
    left join accounts on accounts.platform = 'cin7' and products.account_id = accounts.account_id
    left join entities on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
