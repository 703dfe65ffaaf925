with opened as (
    select sku, min(moved_at) as opened_at
    from {{ ref('can_stock_movements') }}
    group by sku
),

warehouse as (
    select movements.sku, cast(sum(movements.units) as bigint) as units
    from {{ ref('fct_stock_movements') }} as movements
    inner join opened on movements.sku = opened.sku
    where movements.book in ('warehouse', 'both') and movements.moved_at >= opened.opened_at
    group by movements.sku
),

hub as (
    select levels.sku, cast(sum(levels.counted) as bigint) as on_hand
    from {{ ref('fct_stock_levels') }} as levels
    inner join (select distinct platform, sku, location_id from {{ ref('can_stock_movements') }}) as books
        on levels.owner_platform = books.platform and levels.sku = books.sku and levels.location_id = books.location_id
    group by levels.sku
),

free as (
    select sku, cast(sum(on_hand - committed) as bigint) as units
    from {{ ref('fct_stock') }}
    group by sku
),

listed as (
    select channel, sku, cast(sum(coalesce(listed_quantity, 0)) as bigint) as units
    from {{ ref('fct_listings') }}
    group by channel, sku
),

ends as (
    select
        listed.sku,
        listed.channel,
        case when hub.sku is not null then coalesce(warehouse.units, 0) end as warehouse_on_hand,
        hub.on_hand as hub_on_hand,
        case when ats.is_bundle then 0 else coalesce(free.units, 0) end as hub_free,
        ats.ats,
        listed.units as channel_units,
        coalesce(ats.is_bundle, false) as is_bundle
    from listed
    left join warehouse on listed.sku = warehouse.sku
    left join hub on listed.sku = hub.sku
    left join free on listed.sku = free.sku
    left join {{ ref('fct_ats') }} as ats on listed.sku = ats.sku and listed.channel = ats.channel
)

select * from ends
