select
    stock_level_id, platform, account_id, entity_id, sku, location_id, is_enabled, on_hand, damaged,
    quality_control, reserved, incoming, as_of_at
from {{ ref('can_stock_levels__cin7') }}

union all

select
    stock_level_id, platform, account_id, entity_id, sku, location_id, is_enabled, on_hand, damaged,
    quality_control, reserved, incoming, as_of_at
from {{ ref('can_stock_levels__files') }}
