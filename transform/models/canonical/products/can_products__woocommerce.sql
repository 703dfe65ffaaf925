with

products as (
    select * from {{ ref('stg_woocommerce__products') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

-- Products carry no currency; a shop sells in the currency of its entity.
priced as (
    select products.*, entities.base_currency_code as currency_code
    from products
    left join accounts
        on accounts.platform = 'woocommerce' and products.account_id = accounts.account_id
    left join entities
        on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
    where products.platform_product_type <> 'variable'
),

mapped as (
    select
        'woocommerce:' || account_id || ':' || platform_product_id || coalesce('/' || platform_variant_id, '') as product_id,
        'woocommerce' as platform,
        account_id,
        sku,
        title,
        barcode,
        {{ to_minor('price_text', 'currency_code') }} as price_minor,
        {{ to_minor('unit_cost_text', 'currency_code') }} as unit_cost_minor,
        currency_code,
        is_gift_card,
        updated_at
    from priced
)

select * from mapped
