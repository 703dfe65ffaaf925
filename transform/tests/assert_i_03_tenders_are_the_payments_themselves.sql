{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-03', 'severity': 'blocks'}) }}
-- I-03: what an order is said to be paid with is the sum of its own succeeded payments, each counted in one column; what came back is the sum of its refunds.
-- A failure means that a join lost, doubled or misplaced a payment.
with

payments as (
    select
        orders.order_id,
        {{ sum_minor("case when payments.tender_type = 'gift_card' then payments.amount_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when payments.tender_type = 'store_credit' then payments.amount_minor else 0 end") }} as store_credit_minor,
        {{ sum_minor("case when payments.tender_type = 'manual' then payments.amount_minor else 0 end") }} as manual_minor,
        {{ sum_minor("case when payments.tender_type in ('card', 'other') then payments.amount_minor else 0 end") }} as captured_minor
    from {{ ref('can_orders') }} as orders
    left join {{ ref('can_order_payments') }} as payments
        on orders.order_id = payments.order_id
        and orders.currency_code = payments.currency_code
        and payments.payment_type in ('capture', 'sale')
        and payments.payment_status = 'succeeded'
    where not orders.is_test
    group by orders.order_id
),

refunds as (
    select order_id, {{ sum_minor('amount_minor') }} as refunded_minor
    from {{ ref('can_refunds') }}
    where refund_status = 'succeeded'
    group by order_id
)

select reconciled.order_id
from {{ ref('fct_order_reconciliation') }} as reconciled
left join payments on reconciled.order_id = payments.order_id
left join refunds on reconciled.order_id = refunds.order_id
where payments.order_id is null
    or reconciled.gift_card_minor != payments.gift_card_minor
    or reconciled.store_credit_minor != payments.store_credit_minor
    or reconciled.manual_minor != payments.manual_minor
    or reconciled.captured_minor != payments.captured_minor
    or reconciled.refunded_minor != coalesce(refunds.refunded_minor, 0)
union all
select payments.order_id
from payments
left join {{ ref('fct_order_reconciliation') }} as reconciled on payments.order_id = reconciled.order_id
where reconciled.order_id is null
