{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-19', 'severity': 'blocks'}) }}
-- I-19: after each bank line that pays an invoice, what stays open is the invoice less all that came until then, and never below nought.
-- A failure means that an invoice is chased though it is paid, or paid with more than was owed.
with

paid as (
    select
        payments.bank_line_id, payments.order_id, payments.open_after_minor, orders.terms_minor,
        cast(sum(payments.amount_minor) over (
            partition by payments.order_id order by payments.value_date, payments.bank_line_id rows unbounded preceding
        ) as bigint) as paid_minor
    from {{ ref('fct_invoice_payments') }} as payments
    left join {{ ref('fct_order_reconciliation') }} as orders using (order_id)
)

select * from paid where open_after_minor is distinct from terms_minor - paid_minor or open_after_minor < 0
