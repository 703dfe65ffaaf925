select
    order_payment_id, order_id, platform, account_id, entity_id, platform_payment_id, payment_type,
    payment_status, tender_type, gateway, amount_minor, currency_code, processed_at, processor_reference, parent_payment_id
from {{ ref('can_order_payments__files') }}
where order_id not in (select order_id from {{ ref('can_orders__superseded') }})

union all

select
    order_payment_id, order_id, platform, account_id, entity_id, platform_payment_id, payment_type,
    payment_status, tender_type, gateway, amount_minor, currency_code, processed_at, processor_reference, parent_payment_id
from {{ ref('can_order_payments__shopify') }}

union all

select
    order_payment_id, order_id, platform, account_id, entity_id, platform_payment_id, payment_type,
    payment_status, tender_type, gateway, amount_minor, currency_code, processed_at, processor_reference, parent_payment_id
from {{ ref('can_order_payments__woocommerce') }}
