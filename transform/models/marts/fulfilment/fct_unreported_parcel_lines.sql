-- Units of an order's parcels and units the storefront can still fulfil are laid out end to end per SKU; where the two
-- rows of units overlap, that parcel fulfils that line. Each unit is used once, however often a SKU is repeated.
with reported as (
    select distinct order_id, upper(trim(tracking_number)) as tracking_key
    from {{ ref('can_storefront_fulfilments') }}
    where tracking_number is not null
),

unreported as (
    select parcels.*
    from {{ ref('fct_parcels') }} as parcels
    left join reported
        on parcels.order_id = reported.order_id and upper(trim(parcels.tracking_number)) = reported.tracking_key
    where
        parcels.is_shipped
        and parcels.order_id is not null
        and parcels.tracking_number is not null
        and reported.order_id is null
),

parcel_units as (
    select
        unreported.order_id,
        unreported.parcel_id,
        unreported.shipped_at,
        parcel_lines.sku,
        cast(sum(parcel_lines.quantity) as bigint) as units
    from unreported
    inner join {{ ref('can_parcel_lines') }} as parcel_lines on unreported.parcel_id = parcel_lines.parcel_id
    group by unreported.order_id, unreported.parcel_id, unreported.shipped_at, parcel_lines.sku
),

parcel_spans as (
    select
        *,
        cast(sum(units) over (
            partition by order_id, sku order by shipped_at nulls last, parcel_id rows unbounded preceding
        ) as bigint) as last_unit
    from parcel_units
),

remaining_spans as (
    select
        order_id,
        sku,
        fulfilment_order_gid,
        fulfilment_order_line_gid,
        remaining_quantity as units,
        cast(sum(remaining_quantity) over (
            partition by order_id, sku order by fulfilment_order_line_gid rows unbounded preceding
        ) as bigint) as last_unit
    from {{ ref('can_fulfilment_orders') }}
    where remaining_quantity > 0
),

shared_units as (
    select
        parcel_spans.parcel_id,
        remaining_spans.fulfilment_order_gid,
        remaining_spans.fulfilment_order_line_gid,
        parcel_spans.sku,
        cast(
            least(parcel_spans.last_unit, remaining_spans.last_unit)
            - greatest(parcel_spans.last_unit - parcel_spans.units, remaining_spans.last_unit - remaining_spans.units)
            as bigint
        ) as quantity
    from parcel_spans
    inner join remaining_spans
        on parcel_spans.order_id = remaining_spans.order_id and parcel_spans.sku = remaining_spans.sku
),

lines as (
    select
        shared_units.parcel_id,
        dense_rank() over (partition by shared_units.parcel_id order by shared_units.fulfilment_order_gid) as fulfilment_number,
        row_number() over (
            partition by shared_units.parcel_id, shared_units.fulfilment_order_gid order by shared_units.fulfilment_order_line_gid
        ) as line_number,
        unreported.order_id,
        orders.platform_order_id,
        orders.order_number,
        orders.platform as storefront,
        shared_units.fulfilment_order_gid,
        shared_units.fulfilment_order_line_gid,
        shared_units.sku,
        shared_units.quantity,
        unreported.tracking_number,
        unreported.carrier,
        unreported.shipped_at
    from shared_units
    inner join unreported on shared_units.parcel_id = unreported.parcel_id
    inner join {{ ref('can_orders') }} as orders on unreported.order_id = orders.order_id
    left join {{ ref('accounts') }} as accounts on orders.platform = accounts.platform and orders.account_id = accounts.account_id
    where shared_units.quantity > 0 and coalesce(accounts.is_written, true)
)

select * from lines
