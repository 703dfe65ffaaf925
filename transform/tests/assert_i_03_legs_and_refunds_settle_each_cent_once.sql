{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-03', 'severity': 'blocks'}) }}
-- I-03: every matched charge, every tender no processor sees and every receipt of an invoice settles its order once, with its amount; what goes beyond the
-- order is overpaid; of refunds, goods without money lower what is open and money without goods gives back what was overpaid, each at most once.
-- A failure means that the journal settles an order with money it did not get, or forgets some.
with

legs as (
    select * from {{ ref('fct_settled_legs') }}
),

payments as (
    select payments.order_payment_id as leg_id, payments.order_id, payments.amount_minor, payments.tender_type in ('card', 'other') as is_card,
        matches.movement_id, orders.is_processor_connected
    from {{ ref('can_order_payments') }} as payments
    inner join {{ ref('fct_order_reconciliation') }} as orders
        on payments.order_id = orders.order_id
        and payments.currency_code = orders.currency_code
    left join {{ ref('fct_payment_matches') }} as matches on payments.order_payment_id = matches.order_payment_id
    where payments.payment_type in ('capture', 'sale') and payments.payment_status = 'succeeded' and payments.tender_type != 'terms' and payments.amount_minor != 0
),

expected as (
    select leg_id, order_id from payments where movement_id is not null or not is_card or not is_processor_connected
    union all
    select 'order:' || recognitions.order_id, recognitions.order_id
    from {{ ref('fct_order_recognitions') }} as recognitions
    inner join {{ ref('fct_order_worths') }} as worths using (order_id)
    where recognitions.recognition_policy = 'on_order' and worths.worth_minor != 0
    union all
    select bank_line_id, order_id from {{ ref('fct_bank_receipts') }} where settles = 'receivable' and amount_minor != 0
),

compared as (
    select coalesce(expected.leg_id, legs.settled_leg_id) as leg_id, count(expected.leg_id) as wanted, count(legs.settled_leg_id) as had
    from expected
    full outer join legs on expected.leg_id = legs.settled_leg_id and expected.order_id = legs.order_id
    group by coalesce(expected.leg_id, legs.settled_leg_id)
),

sums as (
    select
        legs.order_id, coalesce(max(worths.worth_minor), 0) as worth_minor, sum(legs.amount_minor) as paid_minor, sum(legs.overpaid_minor) as overpaid_minor
    from legs
    left join {{ ref('fct_order_worths') }} as worths using (order_id)
    group by legs.order_id
),

refunded as (
    select
        refunds.order_id, sum(refunds.credited_minor) as credited_minor, sum(refunds.unpaid_minor) as unpaid_minor,
        sum(refunds.returned_minor) as returned_minor, sum(refunds.beyond_minor) as beyond_minor,
        greatest(coalesce(max(worths.worth_minor), 0) - coalesce(max(sums.paid_minor), 0), 0) as open_minor,
        greatest(coalesce(max(sums.paid_minor), 0) - coalesce(max(worths.worth_minor), 0), 0) as overpaid_minor
    from {{ ref('fct_settled_refunds') }} as refunds
    left join {{ ref('fct_order_worths') }} as worths using (order_id)
    left join sums using (order_id)
    where refunds.order_id is not null
    group by refunds.order_id
),

met as (
    select matches.refund_id, movements.movement_id, movements.movement_date, movements.entity_id
    from {{ ref('fct_refund_matches') }} as matches
    inner join {{ ref('can_processor_movements') }} as movements using (movement_id)
    where matches.refund_id is not null
)

select leg_id as reference from compared where wanted != 1 or had != 1
union all
select legs.settled_leg_id
from legs
inner join payments on legs.settled_leg_id = payments.leg_id
where (payments.movement_id is null and legs.amount_minor != payments.amount_minor) or legs.movement_id is distinct from payments.movement_id
union all
select order_id from sums where overpaid_minor != greatest(paid_minor, worth_minor) - greatest(worth_minor, 0)
union all
select order_id
from refunded
where credited_minor != least(unpaid_minor, open_minor) or returned_minor != least(beyond_minor, overpaid_minor)
union all
select refunds.refund_id
from {{ ref('fct_settled_refunds') }} as refunds
left join met on refunds.refund_id = met.refund_id and refunds.entity_id = met.entity_id and refunds.entry_date = met.movement_date
where refunds.movement_id is distinct from met.movement_id
