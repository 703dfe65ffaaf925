{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-05', 'severity': 'blocks'}) }}
-- I-05: a refund that went through or is under way, of an order that counts or that this warehouse never saw, is settled once; what is paid back less what
-- its lines are worth is money without goods less goods without money; and where its movement is settled with it, that movement is in no entry of its own.
-- A failure means that a refund is forgotten, settled twice, or that a part of it has no cause. It does not mean that a refund is unfounded.
with

lines as (
    select refund_id, {{ sum_minor('net_minor + tax_minor') }} as worth_minor, {{ sum_minor('abs(net_minor) + abs(tax_minor)') }} as moved_minor
    from {{ ref('can_refund_lines') }}
    group by refund_id
),

counted as (
    select refunds.refund_id
    from {{ ref('can_refunds') }} as refunds
    left join {{ ref('can_orders') }} as orders on refunds.order_id = orders.order_id
    left join {{ ref('fct_order_recognitions') }} as recognitions on refunds.order_id = recognitions.order_id
    left join lines on refunds.refund_id = lines.refund_id
    where refunds.refund_status in ('succeeded', 'pending')
        and (orders.order_id is null or (not orders.is_test and recognitions.recognised_date is not null))
        and (refunds.amount_minor != 0 or lines.moved_minor != 0)
),

settled as (
    select
        refund_id, count(*) as times, {{ sum_minor('amount_minor') }} as amount_minor, {{ sum_minor('beyond_minor - unpaid_minor') }} as rest_minor,
        min(least(beyond_minor, unpaid_minor)) as lesser_minor, max(least(beyond_minor, unpaid_minor)) as greater_minor
    from {{ ref('fct_settled_refunds') }}
    group by refund_id
)

select counted.refund_id
from counted
left join settled using (refund_id)
where settled.times is distinct from 1
union all
select settled.refund_id
from settled
left join lines using (refund_id)
where settled.times != 1 or settled.rest_minor != settled.amount_minor - coalesce(lines.worth_minor, 0)
    or settled.lesser_minor != 0 or settled.greater_minor != 0
union all
select settled.refund_id
from {{ ref('fct_settled_refunds') }} as settled
inner join {{ ref('fct_movement_postings') }} as alone on settled.movement_id = alone.movement_id
where alone.posting_key = 'movement'
