select
    fulfilment_order_line_id, order_id, platform, account_id, fulfilment_order_gid, fulfilment_order_line_gid,
    platform_line_id, sku, remaining_quantity, fulfilment_order_status, location_id
from {{ ref('can_fulfilment_orders__amazon') }}

union all

select
    fulfilment_order_line_id, order_id, platform, account_id, fulfilment_order_gid, fulfilment_order_line_gid,
    platform_line_id, sku, remaining_quantity, fulfilment_order_status, location_id
from {{ ref('can_fulfilment_orders__shopify') }}
