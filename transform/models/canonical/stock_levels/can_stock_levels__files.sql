with

stock as (
    select * from {{ ref('stg_files__stock') }}
),

locations as (
    select * from {{ ref('locations') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'files:' || stock.channel || ':' || stock.sku || ':' || stock.platform_location_id as stock_level_id,
        'files' as platform,
        stock.channel as account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        stock.sku,
        coalesce(locations.location_id, stock.platform_location_id) as location_id,
        coalesce(locations.is_enabled, true) as is_enabled,
        stock.on_hand,
        stock.damaged,
        cast(0 as bigint) as quality_control,
        cast(0 as bigint) as reserved,
        stock.incoming,
        stock.as_of_at
    from stock
    left join locations
        on
            locations.platform = 'files'
            and locations.account_id = stock.channel
            and locations.platform_location_id = stock.platform_location_id
    left join accounts on accounts.platform = 'files' and accounts.account_id = stock.channel
)

select * from mapped
