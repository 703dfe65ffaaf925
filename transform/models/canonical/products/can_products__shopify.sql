with

variants as (
    select * from {{ ref('stg_shopify__product_variants') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

-- A variant's price is in shop currency without saying which; its cost says it, else the entity's own currency does.
priced as (
    select variants.*, coalesce(variants.unit_cost_currency_code, entities.base_currency_code) as currency_code
    from variants
    left join accounts
        on accounts.platform = 'shopify' and variants.account_id = accounts.account_id
    left join entities
        on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
),

mapped as (
    select
        'shopify:' || account_id || ':' || platform_variant_id as product_id,
        'shopify' as platform,
        account_id,
        sku,
        title,
        barcode,
        {{ to_minor('price_text', 'currency_code') }} as price_minor,
        unit_cost_minor,
        currency_code,
        is_gift_card,
        updated_at
    from priced
)

select * from mapped
