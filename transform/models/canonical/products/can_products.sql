select
    product_id, platform, account_id, sku, title, barcode, price_minor, unit_cost_minor, currency_code,
    is_gift_card, updated_at
from {{ ref('can_products__cin7') }}

union all

select
    product_id, platform, account_id, sku, title, barcode, price_minor, unit_cost_minor, currency_code,
    is_gift_card, updated_at
from {{ ref('can_products__files') }}

union all

select
    product_id, platform, account_id, sku, title, barcode, price_minor, unit_cost_minor, currency_code,
    is_gift_card, updated_at
from {{ ref('can_products__shopify') }}

union all

select
    product_id, platform, account_id, sku, title, barcode, price_minor, unit_cost_minor, currency_code,
    is_gift_card, updated_at
from {{ ref('can_products__woocommerce') }}
