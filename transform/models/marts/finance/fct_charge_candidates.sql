with

known as (
    select * from {{ ref('fct_known_payments') }}
),

legs as (
    select payments.*
    from {{ ref('fct_gateway_payments') }} as payments
    left join known using (order_payment_id)
    where known.order_payment_id is null
),

charges as (
    select charges.*
    from {{ ref('fct_gateway_charges') }} as charges
    left join known using (movement_id)
    where known.movement_id is null
),

-- Same company, buyer, amount and currency, not more than a day apart.
fitting as (
    select
        legs.order_payment_id, charges.movement_id, legs.entity_id, legs.order_id, legs.order_number, charges.charge_reference, legs.processed_at,
        charges.occurred_at, legs.amount_minor, legs.currency_code,
        count(*) over (partition by legs.order_payment_id) = 1 and count(*) over (partition by charges.movement_id) = 1 as is_only_one
    from legs
    inner join charges
        on legs.entity_id = charges.entity_id
        and legs.payer_email = charges.payer_email
        and legs.amount_minor = charges.amount_minor
        and legs.currency_code = charges.currency_code
    where abs({{ seconds_between('legs.processed_at', 'charges.occurred_at') }}) <= 86400
)

select *, {{ match_limit('charge', 'fitting.entity_id') }} as up_to_minor
from fitting
