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

-- Whoever holds a set holds what it is made of.
checkout_holds as (
    select
        coalesce(components.component_sku, reservations.sku) as sku,
        cast(sum(reservations.units * coalesce(components.quantity, 1)) as bigint) as units
    from {{ ref('fct_reservations') }} as reservations
    left join {{ ref('dim_bundle_components') }} as components on reservations.sku = components.bundle_sku
    where not reservations.is_released
    group by coalesce(components.component_sku, reservations.sku)
),

in_flight as (
    select sku, cast(sum(units) as bigint) as units
    from {{ ref('fct_units_in_flight') }}
    group by sku
),

pools as (
    select
        known.sku,
        coalesce(places.locations, 0) as locations,
        coalesce(places.available, 0) as available,
        coalesce(checkout_holds.units, 0) as checkout_holds,
        coalesce(in_flight.units, 0) as in_flight,
        cast(
            coalesce(places.available, 0) - coalesce(checkout_holds.units, 0) - coalesce(in_flight.units, 0) as bigint
        ) as pool,
        known.as_of_at
    from known
    left join places on known.sku = places.sku
    left join checkout_holds on known.sku = checkout_holds.sku
    left join in_flight on known.sku = in_flight.sku
)

select * from pools
