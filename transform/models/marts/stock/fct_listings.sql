-- What each shop shows for a SKU, and what it should show. A listing by location gets the channel's number filled
-- in from the fullest location down, never more than a location has free, so that the parts add up to fct_ats.
with listings as (
    select
        listings.*,
        coalesce(accounts.is_written, true) as is_account_written
    from {{ ref('can_channel_listings') }} as listings
    left join {{ ref('accounts') }} as accounts
        on listings.platform = accounts.platform and listings.account_id = accounts.account_id
    where listings.sku is not null
),

-- Shown more than once in one place of one channel.
twins as (
    select channel, sku, coalesce(location_id, '') as place, coalesce(pool_group, '') as pool_group
    from listings
    group by channel, sku, coalesce(location_id, ''), coalesce(pool_group, '')
    having count(*) > 1
),

-- Nothing is offered beyond what a shop already shows while a component's count can not be explained.
unexplained as (
    select sku from {{ ref('fct_stock_remainders') }}
    union
    select components.bundle_sku
    from {{ ref('dim_bundle_components') }} as components
    inner join {{ ref('fct_stock_remainders') }} as remainders on components.component_sku = remainders.sku
),

measured as (
    select
        listings.*,
        ats.ats,
        ats.pool,
        ats.buffer,
        ats.available,
        ats.locations,
        ats.preorderable,
        places.free,
        places.is_counted,
        places.free_so_far,
        places.free_in_all,
        places.fullness,
        twins.sku is not null as is_listed_twice
    from listings
    left join twins
        on
            listings.sku = twins.sku
            and listings.channel = twins.channel
            and coalesce(listings.location_id, '') = twins.place
            and coalesce(listings.pool_group, '') = twins.pool_group
    left join {{ ref('fct_ats') }} as ats on listings.sku = ats.sku and listings.channel = ats.channel
    left join {{ ref('fct_listing_places') }} as places on listings.listing_id = places.listing_id
),

targets as (
    select
        *,
        cast(
            case
                when location_id is null then ats
                else greatest(0, least(free, ats - (free_so_far - free)))
                    + case when fullness = 1 then greatest(0, least(preorderable, ats - free_in_all)) else 0 end
            end as bigint
        ) as reckoned_quantity,
        case
            when not is_account_written then 'account_not_written'
            when not coalesce(is_tracked, true) then 'not_tracked'
            when is_listed_twice then 'sku_listed_twice'
            when ats is null then 'sku_unknown_to_stock'
            when location_id is not null and not is_counted then 'location_not_counted'
        end as unfit_reason
    from measured
),

judged as (
    select
        *,
        coalesce(
            unfit_reason,
            case
                when reckoned_quantity > coalesce(listed_quantity, 0) and sku in (select sku from unexplained) then 'stock_unexplained'
            end
        ) as held_back_reason
    from targets
),

quantities as (
    select
        listing_id,
        platform,
        account_id,
        entity_id,
        channel,
        sku,
        location_id,
        platform_product_id,
        platform_variant_id,
        inventory_item_gid,
        location_gid,
        pool_group,
        platform_product_type,
        cast(listed_quantity as bigint) as listed_quantity,
        case when held_back_reason is null then reckoned_quantity end as target_quantity,
        reckoned_quantity,
        ats,
        pool,
        buffer,
        available,
        locations,
        held_back_reason,
        updated_at
    from judged
)

select * from quantities
