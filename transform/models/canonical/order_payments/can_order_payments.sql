select
    order_payment_id, order_id, platform, account_id, entity_id, platform_payment_id, payment_type,
    payment_status, tender_type, gateway, amount_minor, currency_code, processed_at, processor_reference
from {{ ref('can_order_payments__files') }}

union all

select
    order_payment_id, order_id, platform, account_id, entity_id, platform_payment_id, payment_type,
    payment_status, tender_type, gateway, amount_minor, currency_code, processed_at, processor_reference
from {{ ref('can_order_payments__shopify') }}

union all

select
    order_payment_id, order_id, platform, account_id, entity_id, platform_payment_id, payment_type,
    payment_status, tender_type, gateway, amount_minor, currency_code, processed_at, processor_reference
from {{ ref('can_order_payments__woocommerce') }}
