-- Places of one channel in the order it fills them: the fullest first.
with listings as (
    select listing_id, channel, sku, location_id
    from {{ ref('can_channel_listings') }}
    where sku is not null and location_id is not null
),

measured as (
    select listings.*, coalesce(places.free, 0) as free, coalesce(places.is_counted, false) as is_counted
    from listings
    left join {{ ref('fct_free_places') }} as places
        on listings.sku = places.sku and listings.location_id = places.location_id
),

-- Nothing is ranked where a channel shows one place.
spread as (
    select channel, sku
    from measured
    group by channel, sku
    having count(*) > 1
),

ranked as (
    select
        measured.listing_id,
        sum(measured.free) over (
            partition by measured.channel, measured.sku
            order by measured.free desc, measured.location_id, measured.listing_id rows unbounded preceding
        ) as free_so_far,
        sum(measured.free) over (partition by measured.channel, measured.sku) as free_in_all,
        row_number() over (
            partition by measured.channel, measured.sku
            order by measured.free desc, measured.location_id, measured.listing_id
        ) as fullness
    from measured
    inner join spread on measured.channel = spread.channel and measured.sku = spread.sku
),

listing_places as (
    select
        measured.listing_id,
        cast(measured.free as bigint) as free,
        measured.is_counted,
        cast(coalesce(ranked.free_so_far, measured.free) as bigint) as free_so_far,
        cast(coalesce(ranked.free_in_all, measured.free) as bigint) as free_in_all,
        cast(coalesce(ranked.fullness, 1) as bigint) as fullness
    from measured
    left join ranked on measured.listing_id = ranked.listing_id
)

select * from listing_places
