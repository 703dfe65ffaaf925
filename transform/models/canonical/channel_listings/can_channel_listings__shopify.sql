with

levels as (
    select * from {{ ref('stg_shopify__inventory_levels') }}
),

variants as (
    select * from {{ ref('stg_shopify__product_variants') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

locations as (
    select * from {{ ref('locations') }}
),

mapped as (
    select
        'shopify:' || levels.account_id || ':' || {{ gid_number('levels.inventory_item_gid') }} || ':' || {{ gid_number('levels.location_gid') }} as listing_id,
        'shopify' as platform,
        levels.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        coalesce(accounts.channel, 'shopify') as channel,
        levels.sku,
        coalesce(locations.location_id, levels.location_gid) as location_id,
        variants.platform_product_id,
        variants.platform_variant_id,
        levels.inventory_item_gid,
        levels.location_gid,
        cast(null as varchar) as pool_group,
        cast(null as varchar) as platform_product_type,
        levels.available as listed_quantity,
        levels.committed as platform_committed,
        levels.is_tracked,
        levels.updated_at
    from levels
    left join variants
        on levels.account_id = variants.account_id and levels.inventory_item_gid = variants.inventory_item_gid
    left join accounts
        on accounts.platform = 'shopify' and levels.account_id = accounts.account_id
    left join locations
        on
            locations.platform = 'shopify'
            and levels.account_id = locations.account_id
            and levels.location_gid = locations.platform_location_id
    where levels.is_active and levels.sku is not null
)

select * from mapped
