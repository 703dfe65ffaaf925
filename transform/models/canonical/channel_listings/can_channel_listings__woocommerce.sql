with

products as (
    select * from {{ ref('stg_woocommerce__products') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'woocommerce:' || products.account_id || ':' || products.platform_product_id || coalesce('/' || products.platform_variant_id, '') as listing_id,
        'woocommerce' as platform,
        products.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        coalesce(accounts.channel, 'woocommerce') as channel,
        products.sku,
        cast(null as varchar) as location_id,
        products.platform_product_id,
        products.platform_variant_id,
        cast(null as varchar) as inventory_item_gid,
        cast(null as varchar) as location_gid,
        cast(null as varchar) as pool_group,
        products.platform_product_type,
        products.stock_quantity as listed_quantity,
        cast(null as bigint) as platform_committed,
        products.is_tracked,
        products.updated_at
    from products
    left join accounts
        on accounts.platform = 'woocommerce' and products.account_id = accounts.account_id
    -- A variable product is a shelf for its variations; nobody buys it.
    where products.platform_product_type <> 'variable' and products.sku is not null
)

select * from mapped
