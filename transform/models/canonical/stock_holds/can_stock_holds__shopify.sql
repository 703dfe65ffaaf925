with

levels as (
    select * from {{ ref('stg_shopify__inventory_levels') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

locations as (
    select * from {{ ref('locations') }}
),

mapped as (
    select
        'shopify:' || levels.account_id || ':' || {{ gid_number('levels.inventory_item_gid') }} || ':' || {{ gid_number('levels.location_gid') }} as stock_hold_id,
        'shopify' as platform,
        levels.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        levels.sku,
        coalesce(locations.location_id, levels.location_gid) as location_id,
        levels.damaged,
        levels.quality_control,
        levels.reserved,
        levels.safety_stock as safety
    from levels
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
