with

legs as (
    select * from {{ ref('fct_gateway_payments') }}
),

charges as (
    select * from {{ ref('fct_gateway_charges') }}
),

charge_names as (
    select movement_id, occurred_at, charge_reference as reference from charges where charge_reference is not null
    union
    select movement_id, occurred_at, payment_intent_reference from charges where payment_intent_reference is not null
    union
    select movement_id, occurred_at, platform_source_id from charges where platform_source_id is not null
),

numbered_names as (
    select movement_id, reference, row_number() over (partition by reference order by occurred_at, movement_id) as nth
    from charge_names
),

numbered_legs as (
    select
        order_payment_id,
        processor_reference as reference,
        row_number() over (partition by processor_reference order by processed_at, order_payment_id) as nth
    from legs
    where processor_reference is not null
),

-- One payment intent may hold several charges and several legs: the n-th meets the n-th, and no charge serves twice.
exact_matches as (
    select numbered_names.movement_id, min(numbered_legs.order_payment_id) as order_payment_id
    from numbered_legs
    inner join numbered_names using (reference, nth)
    group by numbered_names.movement_id
),

unique_numbers as (
    select entity_id, order_number, min(order_id) as order_id
    from {{ ref('can_orders') }}
    group by entity_id, order_number
    having count(*) = 1
),

open_legs as (
    select
        legs.order_payment_id, legs.order_id, legs.amount_minor, legs.currency_code,
        row_number() over (
            partition by legs.order_id, legs.amount_minor, legs.currency_code order by legs.processed_at, legs.order_payment_id
        ) as nth
    from legs
    left join exact_matches using (order_payment_id)
    where exact_matches.order_payment_id is null
),

open_charges as (
    select
        charges.movement_id, charges.is_by_hand, unique_numbers.order_id, charges.amount_minor, charges.currency_code,
        row_number() over (
            partition by unique_numbers.order_id, charges.amount_minor, charges.currency_code
            order by charges.occurred_at, charges.movement_id
        ) as nth
    from charges
    inner join unique_numbers
        on charges.entity_id = unique_numbers.entity_id
        and charges.order_reference = unique_numbers.order_number
    left join exact_matches using (movement_id)
    where exact_matches.movement_id is null
),

matches as (
    select order_payment_id, movement_id, cast(1 as bigint) as match_strength from exact_matches
    union all
    select open_legs.order_payment_id, open_charges.movement_id, case when open_charges.is_by_hand then 4 else 2 end
    from open_legs
    inner join open_charges using (order_id, amount_minor, currency_code, nth)
)

select * from matches
