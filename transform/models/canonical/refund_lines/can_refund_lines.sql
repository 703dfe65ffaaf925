select
    refund_line_id, refund_id, order_id, order_line_id, platform, account_id, entity_id, line_type, sku,
    quantity, net_minor, tax_minor, restock_type, currency_code
from {{ ref('can_refund_lines__files') }}

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
