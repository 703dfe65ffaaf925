select
    refund_id, order_id, platform, account_id, entity_id, platform_refund_id, refunded_at, refund_date,
    refund_status, tender_type, amount_minor, currency_code, processor_reference, reason
from {{ ref('can_refunds__files') }}
where order_id not in (select order_id from {{ ref('can_orders__superseded') }})

union all

select
    refund_id, order_id, platform, account_id, entity_id, platform_refund_id, refunded_at, refund_date,
    refund_status, tender_type, amount_minor, currency_code, processor_reference, reason
from {{ ref('can_refunds__shopify') }}

union all

select
    refund_id, order_id, platform, account_id, entity_id, platform_refund_id, refunded_at, refund_date,
    refund_status, tender_type, amount_minor, currency_code, processor_reference, reason
from {{ ref('can_refunds__woocommerce') }}
