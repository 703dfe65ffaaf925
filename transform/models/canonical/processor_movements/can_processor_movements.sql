select
    movement_id, platform, account_id, entity_id, platform_movement_id, movement_type, amount_minor, fee_minor,
    processing_fee_minor, dispute_fee_minor, net_minor, currency_code, occurred_at, movement_date, available_at,
    platform_source_id, charge_reference, payment_intent_reference, order_reference, payout_id, description
from {{ ref('can_processor_movements__paypal') }}
union all
select
    movement_id, platform, account_id, entity_id, platform_movement_id, movement_type, amount_minor, fee_minor,
    processing_fee_minor, dispute_fee_minor, net_minor, currency_code, occurred_at, movement_date, available_at,
    platform_source_id, charge_reference, payment_intent_reference, order_reference, payout_id, description
from {{ ref('can_processor_movements__stripe') }}
