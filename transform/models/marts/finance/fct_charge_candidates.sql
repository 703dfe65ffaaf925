with

known as (
    select * from {{ ref('fct_known_payments') }}
),

legs as (
    select
        payments.order_payment_id, payments.order_id, payments.amount_minor, payments.currency_code, payments.processed_at, orders.entity_id,
        orders.order_number, lower(trim(orders.customer_email)) as email
    from {{ ref('can_order_payments') }} as payments
    inner join {{ ref('can_orders') }} as orders
        on payments.order_id = orders.order_id
        and payments.currency_code = orders.currency_code
    left join known using (order_payment_id)
    where not orders.is_test
        and payments.payment_type in ('capture', 'sale')
        and payments.payment_status = 'succeeded'
        and payments.tender_type in ('card', 'other')
        and known.order_payment_id is null
),

charges as (
    select
        movements.movement_id, movements.charge_reference, movements.amount_minor, movements.currency_code, movements.occurred_at, movements.entity_id,
        methods.payer_email as email
    from {{ ref('can_processor_movements') }} as movements
    inner join {{ ref('can_charge_methods') }} as methods
        on movements.platform = methods.platform
        and movements.account_id = methods.account_id
        and movements.charge_reference = methods.charge_reference
    left join known using (movement_id)
    where movements.movement_type = 'charge' and known.movement_id is null
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
        and legs.email = charges.email
        and legs.amount_minor = charges.amount_minor
        and legs.currency_code = charges.currency_code
    where abs({{ seconds_between('legs.processed_at', 'charges.occurred_at') }}) <= 86400
)

select *, {{ match_limit('charge', 'fitting.entity_id') }} as up_to_minor
from fitting
