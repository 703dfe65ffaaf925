-- What each shop shows for a SKU, and what it should show. A listing by location gets the channel's number filled
-- in from the fullest location down, never more than a location has free, so that the parts add up to fct_ats.
with listings as (
    select
        listings.*,
        count(*) over (
            partition by listings.channel, listings.sku, coalesce(listings.location_id, ''), coalesce(listings.pool_group, '')
        ) as twins,
        coalesce(accounts.is_written, true) as is_account_written
    from {{ ref('can_channel_listings') }} as listings
    left join {{ ref('accounts') }} as accounts
        on listings.platform = accounts.platform and listings.account_id = accounts.account_id
    where listings.sku is not null
),

free_places as (
    select listings.listing_id, places.free, places.is_counted
    from listings
    inner join {{ ref('fct_free_places') }} as places
        on listings.sku = places.sku and listings.location_id = places.location_id
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
        coalesce(free_places.free, 0) as free,
        coalesce(free_places.is_counted, false) as is_counted,
        cast(sum(coalesce(free_places.free, 0)) over (
            partition by listings.channel, listings.sku
            order by coalesce(free_places.free, 0) desc, listings.location_id, listings.listing_id rows unbounded preceding
        ) as bigint) as free_so_far,
        cast(sum(coalesce(free_places.free, 0)) over (partition by listings.channel, listings.sku) as bigint) as free_in_all,
        row_number() over (
            partition by listings.channel, listings.sku
            order by coalesce(free_places.free, 0) desc, listings.location_id, listings.listing_id
        ) as fullness
    from listings
    left join {{ ref('fct_ats') }} as ats on listings.sku = ats.sku and listings.channel = ats.channel
    left join free_places on listings.listing_id = free_places.listing_id
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
            when twins > 1 then 'sku_listed_twice'
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
