with

movements as (
    select * from {{ ref('can_processor_movements') }} where payout_id is not null and movement_type != 'payout'
),

payouts as (
    select * from {{ ref('fct_payouts') }}
),

payment_matches as (
    select charge_reference, min(order_id) as order_id
    from {{ ref('fct_payment_matches') }}
    where charge_reference is not null
    group by charge_reference
),

items as (
    select
        movements.movement_id as payout_item_id,
        payouts.payout_id,
        payouts.entity_id,
        payouts.bank_line_id,
        movements.movement_id,
        movements.movement_type,
        movements.movement_date,
        payment_matches.order_id,
        movements.charge_reference,
        movements.amount_minor,
        movements.fee_minor,
        movements.net_minor,
        movements.currency_code
    from movements
    inner join payouts using (payout_id)
    left join payment_matches using (charge_reference)
)

select * from items
