select
    files.parcel_id, files.platform, files.account_id, files.entity_id, files.platform_parcel_id,
    coalesce(superseded.connector_order_id, files.order_id) as order_id, files.order_number, files.tracking_number,
    files.carrier, files.shipment_status, files.shipped_at, files.delivered_at, files.voided_at, files.cost_minor,
    files.currency_code, files.updated_at
from {{ ref('can_parcels__files') }} as files
left join {{ ref('can_orders__superseded') }} as superseded on files.order_id = superseded.order_id
where not exists (
    select 1
    from {{ ref('can_parcels__shipstation') }} as tool
    where tool.order_id = superseded.connector_order_id
)

union all

select
    parcel_id, platform, account_id, entity_id, platform_parcel_id, order_id, order_number, tracking_number,
    carrier, shipment_status, shipped_at, delivered_at, voided_at, cost_minor, currency_code, updated_at
from {{ ref('can_parcels__shipstation') }}
