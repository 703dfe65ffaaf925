select
    order_line_id, order_id, platform, account_id, entity_id, platform_line_id, line_type, sku, title, quantity,
    unit_price_minor, gross_minor, discount_minor, net_minor, tax_minor, currency_code
from {{ ref('can_order_lines__files') }}
where order_id not in (select order_id from {{ ref('can_orders__superseded') }})

union all

select
    order_line_id, order_id, platform, account_id, entity_id, platform_line_id, line_type, sku, title, quantity,
    unit_price_minor, gross_minor, discount_minor, net_minor, tax_minor, currency_code
from {{ ref('can_order_lines__amazon') }}

union all

select
    order_line_id, order_id, platform, account_id, entity_id, platform_line_id, line_type, sku, title, quantity,
    unit_price_minor, gross_minor, discount_minor, net_minor, tax_minor, currency_code
from {{ ref('can_order_lines__shopify') }}

union all

select
    order_line_id, order_id, platform, account_id, entity_id, platform_line_id, line_type, sku, title, quantity,
    unit_price_minor, gross_minor, discount_minor, net_minor, tax_minor, currency_code
from {{ ref('can_order_lines__woocommerce') }}
