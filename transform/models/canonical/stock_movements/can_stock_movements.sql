select
    stock_movement_id, platform, account_id, entity_id, sku, location_id, movement_type, units, moved_at,
    platform_document_id, document_number, cost_minor, currency_code
from {{ ref('can_stock_movements__cin7') }}
