select
    parcel_id, platform, account_id, entity_id, platform_parcel_id, order_id, order_number, tracking_number,
    carrier, shipment_status, shipped_at, delivered_at, voided_at, cost_minor, currency_code, updated_at
from {{ ref('can_parcels__files') }}

union all

select
    parcel_id, platform, account_id, entity_id, platform_parcel_id, order_id, order_number, tracking_number,
    carrier, shipment_status, shipped_at, delivered_at, voided_at, cost_minor, currency_code, updated_at
from {{ ref('can_parcels__shipstation') }}
