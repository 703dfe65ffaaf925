with

movements as (
    select settled.*, sent.payout_id
    from {{ ref('fct_settlement_movements') }} as settled
    inner join {{ ref('can_processor_movements') }} as sent using (movement_id)
),

payouts as (
    select payout_id, bank_line_id, bank_value_date from {{ ref('fct_payouts') }} where bank_line_id is not null
)

select
    movements.movement_id, movements.entity_id, movements.platform, movements.account_id, movements.currency_code, movements.movement_type,
    movements.movement_date, movements.order_id, movements.amount_minor, movements.net_minor,
    payouts.payout_id, payouts.bank_line_id, payouts.bank_value_date
from movements
-- As part of the key: beside it, every movement would be held against every payout.
left join payouts
    on case when movements.movement_type != 'payout' then movements.payout_id end = payouts.payout_id
