with

legs as (
    select * from {{ ref('fct_gateway_payments') }}
),

charges as (
    select * from {{ ref('fct_gateway_charges') }}
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
        legs.entity_id as leg_entity_id, legs.order_date as leg_date, legs.gateway,
        legs.amount_minor as leg_minor, legs.currency_code as leg_currency_code,
        charges.entity_id as charge_entity_id, charges.movement_date as charge_date, charges.charge_reference,
        charges.order_reference, charges.amount_minor as charge_minor, charges.currency_code as charge_currency_code
    from legs
    left join matches using (order_payment_id)
    full outer join charges
        on matches.movement_id = charges.movement_id
)

select * from paired
