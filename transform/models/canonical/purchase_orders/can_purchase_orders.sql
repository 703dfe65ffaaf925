select
    purchase_order_line_id, platform, account_id, entity_id, platform_purchase_order_id, sku, location_id,
    quantity, received_quantity, expected_date, last_received_date, purchase_order_status
from {{ ref('can_purchase_orders__cin7') }}
