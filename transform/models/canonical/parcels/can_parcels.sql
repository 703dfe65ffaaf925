with

files as (
    select
        parcels.*, superseded.connector_order_id,
        upper(replace(trim(orders.order_number), '#', '')) as connector_order_key
    from {{ ref('can_parcels__files') }} as parcels
    left join {{ ref('can_orders__superseded') }} as superseded on parcels.order_id = superseded.order_id
    left join {{ ref('can_orders') }} as orders on superseded.connector_order_id = orders.order_id
),

tool as (
    select order_id, tracking_number, upper(replace(trim(order_number), '#', '')) as order_key
    from {{ ref('can_parcels__shipstation') }}
),

-- The tool names an order by its id or by its number; what it knows of a superseded order, it knows in full.
known_to_tool as (
    select files.parcel_id
    from files
    inner join tool on files.connector_order_id = tool.order_id
    union
    select files.parcel_id
    from files
    inner join tool on files.connector_order_key = tool.order_key
    where tool.order_id is null
    union
    select files.parcel_id
    from files
    inner join tool on files.tracking_number = tool.tracking_number
    where files.connector_order_id is not null
)

select
    parcel_id, platform, account_id, entity_id, platform_parcel_id, coalesce(connector_order_id, order_id) as order_id,
    order_number, location_id, tracking_number, carrier, shipment_status, shipped_at, delivered_at, voided_at, cost_minor,
    currency_code, updated_at
from files
where parcel_id not in (select parcel_id from known_to_tool)

union all

select
    parcel_id, platform, account_id, entity_id, platform_parcel_id, order_id, order_number, location_id, tracking_number,
    carrier, shipment_status, shipped_at, delivered_at, voided_at, cost_minor, currency_code, updated_at
from {{ ref('can_parcels__shipstation') }}
