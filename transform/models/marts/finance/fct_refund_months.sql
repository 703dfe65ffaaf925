with

refunded as (
    select
        refund_id, entity_id, channel, order_id, order_number, event_date as refund_date, event_month as refund_month, currency_code,
        {{ sum_minor('net_revenue_minor') }} as net_revenue_minor, {{ sum_minor('tax_minor') }} as tax_minor
    from {{ ref('fct_net_revenue') }}
    where event_type in ('return', 'allowance')
    group by refund_id, entity_id, channel, order_id, order_number, event_date, event_month, currency_code
),

orders as (
    select order_id, order_date, order_month from {{ ref('fct_order_recognitions') }}
)

-- A refund whose order was never read has one month only, its own, and moves between none.
select
    refunded.refund_id, refunded.entity_id, refunded.channel, refunded.order_id, refunded.order_number, orders.order_date,
    coalesce(orders.order_month, refunded.refund_month) as order_month, refunded.refund_date, refunded.refund_month, orders.order_id is not null as is_order_known,
    refunded.net_revenue_minor, refunded.tax_minor,
    case when orders.order_month != refunded.refund_month then refunded.net_revenue_minor else 0 end as moved_minor, refunded.currency_code
from refunded
left join orders on refunded.order_id = orders.order_id
