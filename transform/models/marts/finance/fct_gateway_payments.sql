with

orders as (
    select * from {{ ref('can_orders') }} where not is_test
),

payments as (
    select *
    from {{ ref('can_order_payments') }}
    where payment_type in ('capture', 'sale') and payment_status = 'succeeded' and tender_type in ('card', 'other')
)

select
    payments.order_payment_id, payments.order_id, payments.processor_reference, payments.gateway, payments.processed_at, payments.amount_minor,
    payments.currency_code, orders.entity_id, orders.order_number, orders.order_date, lower(trim(orders.customer_email)) as payer_email
from payments
inner join orders
    on payments.order_id = orders.order_id
    and payments.currency_code = orders.currency_code
