with

orders as (
    select * from {{ ref('can_orders') }}
),

legs as (
    select order_payments.*, orders.entity_id as order_entity_id, orders.order_date
    from {{ ref('can_order_payments') }} as order_payments
    inner join orders
        on order_payments.order_id = orders.order_id
        and order_payments.currency_code = orders.currency_code
    where not orders.is_test
        and order_payments.payment_type in ('capture', 'sale')
        and order_payments.payment_status = 'succeeded'
        and order_payments.tender_type in ('card', 'other')
),

charges as (
    select movements.*, by_hand.order_number as told_order_number
    from {{ ref('can_processor_movements') }} as movements
    left join {{ ref('matches_by_hand') }} as by_hand
        on by_hand.match_type = 'charge'
        and movements.platform = by_hand.platform
        and movements.account_id = by_hand.account_id
        and movements.charge_reference = by_hand.platform_id
    where movements.movement_type = 'charge'
),

-- What names each other, or what a person says; then what fits one and only one, as far as the entity lets it.
matches as (
    select order_payment_id, movement_id, match_strength from {{ ref('fct_known_payments') }}
    union all
    select order_payment_id, movement_id, cast(3 as bigint)
    from {{ ref('fct_charge_candidates') }}
    where is_only_one and amount_minor <= up_to_minor
),

paired as (
    select
        coalesce('leg:' || legs.order_payment_id, 'charge:' || charges.movement_id) as payment_match_id,
        legs.order_payment_id, legs.order_id, charges.movement_id, matches.match_strength,
        legs.order_entity_id as leg_entity_id, legs.order_date as leg_date, legs.gateway,
        legs.amount_minor as leg_minor, legs.currency_code as leg_currency_code,
        charges.entity_id as charge_entity_id, charges.movement_date as charge_date, charges.charge_reference,
        coalesce(charges.told_order_number, charges.order_reference) as order_reference, charges.amount_minor as charge_minor, charges.currency_code as charge_currency_code
    from legs
    left join matches using (order_payment_id)
    full outer join charges
        on matches.movement_id = charges.movement_id
)

select * from paired
