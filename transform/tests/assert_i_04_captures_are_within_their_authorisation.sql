{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-04', 'severity': 'blocks'}) }}
-- I-04: what was captured on an authorisation is at most what was authorised, and what the contract allows beyond it (var allowed_over_capture_ppm); what is
-- captured on an order that was authorised is at most all its authorisations; nothing is captured on an authorisation after it was voided, and no payment that
-- was voided counts as captured. What an order is said to have authorised is the sum of its authorisations.
-- A failure means that money is counted which nobody was asked for. It says nothing of a sale, which is authorised and captured in one, nor of an order
-- whose platform tells no authorisation.
with

legs as (
    select payments.*
    from {{ ref('can_order_payments') }} as payments
    inner join {{ ref('can_orders') }} as orders
        on payments.order_id = orders.order_id
        and payments.currency_code = orders.currency_code
    where payments.payment_status = 'succeeded'
),

authorisations as (
    select * from legs where payment_type = 'authorization'
),

captures as (
    select * from legs where payment_type = 'capture'
),

voids as (
    select * from legs where payment_type = 'void'
),

captured as (
    select parent_payment_id, {{ sum_minor('amount_minor') }} as captured_minor from captures where parent_payment_id is not null group by parent_payment_id
),

authorised_orders as (
    select order_id, {{ sum_minor('amount_minor') }} as authorised_minor from authorisations group by order_id
),

captured_orders as (
    select order_id, {{ sum_minor('amount_minor') }} as captured_minor from captures group by order_id
)

select authorisations.order_payment_id as reference, 'captured beyond the authorisation' as trouble
from authorisations
inner join captured on authorisations.order_payment_id = captured.parent_payment_id
where (cast(captured.captured_minor as hugeint) - authorisations.amount_minor) * 1000000
    > cast(authorisations.amount_minor as hugeint) * {{ var('allowed_over_capture_ppm') }}
union all
select captured_orders.order_id, 'captured beyond all authorisations of the order'
from captured_orders
inner join authorised_orders using (order_id)
where (cast(captured_orders.captured_minor as hugeint) - authorised_orders.authorised_minor) * 1000000
    > cast(authorised_orders.authorised_minor as hugeint) * {{ var('allowed_over_capture_ppm') }}
union all
select captures.order_payment_id, 'captured after the authorisation was voided'
from captures
inner join voids
    on captures.parent_payment_id = voids.parent_payment_id
    and captures.processed_at >= voids.processed_at
union all
select legs.order_payment_id, 'voided, and counted as captured'
from legs
inner join voids on legs.order_payment_id = voids.parent_payment_id
where legs.payment_type in ('capture', 'sale')
union all
select orders.order_id, 'authorised otherwise than its authorisations'
from {{ ref('fct_order_reconciliation') }} as orders
left join authorised_orders using (order_id)
where orders.authorised_minor != coalesce(authorised_orders.authorised_minor, 0)
