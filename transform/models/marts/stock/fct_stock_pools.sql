-- Only SKUs that a stock system knows: an order for an unknown SKU must not put a zero on a shop.
with places as (
    select
        sku,
        cast(sum(available) as bigint) as available,
        count(*) as locations,
        min(as_of_at) as as_of_at
    from {{ ref('fct_stock') }}
    where is_enabled
    group by sku
),

known as (
    select sku, min(as_of_at) as as_of_at
    from {{ ref('fct_stock_levels') }}
    group by sku
),

checkout_holds as (
    select checkout_holds.sku, cast(sum(checkout_holds.units) as bigint) as units
    from {{ ref('checkout_holds') }} as checkout_holds
    cross join {{ ref('dim_stock_clock') }} as clock
    where checkout_holds.expires_at > clock.newest_count_at
    group by checkout_holds.sku
),

-- A parcel that left after the shelves were counted is no longer committed and not yet off the count.
left_since as (
    select parcel_lines.sku, cast(sum(parcel_lines.quantity) as bigint) as units
    from {{ ref('fct_parcel_lines') }} as parcel_lines
    inner join {{ ref('fct_parcels') }} as parcels on parcel_lines.parcel_id = parcels.parcel_id
    inner join known on parcel_lines.sku = known.sku
    where parcels.is_shipped and parcels.shipped_at > known.as_of_at
    group by parcel_lines.sku
),

pools as (
    select
        known.sku,
        coalesce(places.locations, 0) as locations,
        coalesce(places.available, 0) as available,
        coalesce(checkout_holds.units, 0) as checkout_holds,
        coalesce(left_since.units, 0) as in_flight,
        cast(
            coalesce(places.available, 0) - coalesce(checkout_holds.units, 0) - coalesce(left_since.units, 0) as bigint
        ) as pool,
        known.as_of_at
    from known
    left join places on known.sku = places.sku
    left join checkout_holds on known.sku = checkout_holds.sku
    left join left_since on known.sku = left_since.sku
)

select * from pools
