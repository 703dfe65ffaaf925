-- What a person says of a charge goes before what its processor was told.
select
    movements.movement_id, movements.platform, movements.account_id, movements.entity_id, movements.occurred_at, movements.movement_date,
    movements.amount_minor, movements.currency_code, movements.charge_reference, movements.payment_intent_reference, movements.platform_source_id,
    coalesce(by_hand.order_number, movements.order_reference) as order_reference, by_hand.order_number is not null as is_by_hand, methods.payer_email
from {{ ref('can_processor_movements') }} as movements
left join {{ ref('matches_by_hand') }} as by_hand
    on by_hand.match_type = 'charge'
    and movements.platform = by_hand.platform
    and movements.account_id = by_hand.account_id
    and movements.charge_reference = by_hand.platform_id
left join {{ ref('can_charge_methods') }} as methods
    on movements.platform = methods.platform
    and movements.account_id = methods.account_id
    and movements.charge_reference = methods.charge_reference
where movements.movement_type = 'charge'
