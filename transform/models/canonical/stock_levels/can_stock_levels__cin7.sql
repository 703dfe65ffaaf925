with

availability as (
    select * from {{ ref('stg_cin7__product_availability') }}
),

platform_locations as (
    select * from {{ ref('stg_cin7__locations') }}
),

locations as (
    select * from {{ ref('locations') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- Bins and batches are one stock to us. A part of a unit can't be sold as one, so sums are rounded down.
levels as (
    select
        account_id,
        sku,
        platform_location_id,
        cast(floor(sum(on_hand)) as bigint) as on_hand,
        cast(floor(sum(coalesce(on_order, 0) + coalesce(in_transit, 0))) as bigint) as incoming,
        min(as_of_at) as as_of_at
    from availability
    group by account_id, sku, platform_location_id
),

mapped as (
    select
        'cin7:' || levels.account_id || ':' || levels.sku || ':' || levels.platform_location_id as stock_level_id,
        'cin7' as platform,
        levels.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        levels.sku,
        coalesce(locations.location_id, levels.platform_location_id) as location_id,
        coalesce(
            locations.is_enabled, not (platform_locations.is_deprecated or platform_locations.is_fixed_assets), true
        ) as is_enabled,
        levels.on_hand,
        cast(0 as bigint) as damaged,
        cast(0 as bigint) as quality_control,
        cast(0 as bigint) as reserved,
        levels.incoming,
        levels.as_of_at
    from levels
    left join locations
        on
            locations.platform = 'cin7'
            and levels.account_id = locations.account_id
            and levels.platform_location_id = locations.platform_location_id
    left join platform_locations
        on
            levels.account_id = platform_locations.account_id
            and levels.platform_location_id = platform_locations.platform_location_id
    left join accounts on accounts.platform = 'cin7' and levels.account_id = accounts.account_id
)

select * from mapped
