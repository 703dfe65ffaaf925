{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-21', 'severity': 'blocks'}) }}
-- I-21: refunds by their own month are what the months of net revenue have, and by the month of their orders what those orders gave back; over all time both are the
-- same cents, so what moves between two months leaves the one and comes to the other.
-- A failure means that a refund is counted twice, in no month, or in that of another order. It says nothing of when an order was earned.
with

revenue as (
    select entity_id, currency_code, order_id, event_month, net_revenue_minor, tax_minor
    from {{ ref('fct_net_revenue') }}
    where event_type in ('return', 'allowance')
),

sides as (
    select 'refund' as counted_by, entity_id, currency_code, event_month as period_month, net_revenue_minor, tax_minor from revenue
    union all
    select 'order', revenue.entity_id, revenue.currency_code, case when orders.order_id is null then revenue.event_month else {{ month_key('orders.order_date') }} end,
        revenue.net_revenue_minor, revenue.tax_minor
    from revenue
    left join {{ ref('can_orders') }} as orders on revenue.order_id = orders.order_id
    union all
    select 'refund', entity_id, currency_code, refund_month, -net_revenue_minor, -tax_minor from {{ ref('fct_refund_months') }}
    union all
    select 'order', entity_id, currency_code, order_month, -net_revenue_minor, -tax_minor from {{ ref('fct_refund_months') }}
    -- The bridge from the one count to the other: what moved leaves the month of the refund and comes to that of the order.
    union all
    select 'bridge', entity_id, currency_code, order_month, net_revenue_minor, 0 from {{ ref('fct_refund_months') }}
    union all
    select 'bridge', entity_id, currency_code, refund_month, -net_revenue_minor, 0 from {{ ref('fct_refund_months') }}
    union all
    select 'bridge', entity_id, currency_code, order_month, -moved_minor, 0 from {{ ref('fct_refund_months') }}
    union all
    select 'bridge', entity_id, currency_code, refund_month, moved_minor, 0 from {{ ref('fct_refund_months') }}
)

select entity_id || ' ' || currency_code || ' ' || period_month || ' by ' || counted_by as reference
from sides
group by entity_id, currency_code, period_month, counted_by
having sum(net_revenue_minor) != 0 or sum(tax_minor) != 0
