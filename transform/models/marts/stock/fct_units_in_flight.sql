-- A parcel that left after the shelves were counted is no longer committed and not yet off the count.
with known as (
    select sku, min(as_of_at) as as_of_at
    from {{ ref('fct_stock_levels') }}
    group by sku
),

parcel_lines as (
    select
        lines.parcel_id,
        coalesce(components.component_sku, lines.sku) as sku,
        cast(sum(lines.quantity * coalesce(components.quantity, 1)) as bigint) as units
    from {{ ref('fct_parcel_lines') }} as lines
    left join {{ ref('dim_bundle_components') }} as components on lines.sku = components.bundle_sku
    where lines.is_shipped
    group by lines.parcel_id, coalesce(components.component_sku, lines.sku)
),

in_flight as (
    select
        parcel_lines.sku,
        parcel_lines.parcel_id,
        parcels.order_id,
        parcels.order_number,
        parcels.tracking_number,
        parcels.shipped_at,
        known.as_of_at,
        parcel_lines.units
    from parcel_lines
    inner join {{ ref('fct_parcels') }} as parcels on parcel_lines.parcel_id = parcels.parcel_id
    inner join known on parcel_lines.sku = known.sku
    where parcels.shipped_at > known.as_of_at
)

select * from in_flight
