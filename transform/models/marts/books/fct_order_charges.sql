-- The pairing itself is fct_payment_matches; here each paired charge is put beside its order, with its fee.
with order_charges as (
    select
        movements.movement_id,
        matches.order_id,
        matches.match_strength,
        movements.entity_id,
        movements.charge_reference,
        movements.payment_intent_reference,
        movements.amount_minor,
        movements.fee_minor,
        movements.currency_code,
        movements.movement_date
    from {{ ref('fct_payment_matches') }} as matches
    inner join {{ ref('can_processor_movements') }} as movements on matches.movement_id = movements.movement_id
    where matches.order_id is not null
)

select * from order_charges
