select
    refund_line_id, refund_id, order_id, order_line_id, platform, account_id, entity_id, line_type, sku,
    quantity, net_minor, tax_minor, restock_type, currency_code
from {{ ref('can_refund_lines__files') }}
where order_id not in (select order_id from {{ ref('can_orders__superseded') }})

union all

select
    refund_line_id, refund_id, order_id, order_line_id, platform, account_id, entity_id, line_type, sku,
    quantity, net_minor, tax_minor, restock_type, currency_code
from {{ ref('can_refund_lines__shopify') }}

union all

select
    refund_line_id, refund_id, order_id, order_line_id, platform, account_id, entity_id, line_type, sku,
    quantity, net_minor, tax_minor, restock_type, currency_code
from {{ ref('can_refund_lines__woocommerce') }}
