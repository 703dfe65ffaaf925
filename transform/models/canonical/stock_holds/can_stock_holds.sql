select
    stock_hold_id, platform, account_id, entity_id, sku, location_id, damaged, quality_control, reserved, safety
from {{ ref('can_stock_holds__shopify') }}
