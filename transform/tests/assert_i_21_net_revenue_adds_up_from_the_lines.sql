{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-21', 'severity': 'blocks'}) }}
-- I-21: net revenue is the lines of recognised orders less the lines given back, per entity, channel, month and currency, summed here without the mart's joins.
-- A failure means that a join of the mart lost or multiplied a line.
with

sold as (
    select recognitions.entity_id, recognitions.channel, {{ month_key('recognitions.recognised_date') }} as event_month, lines.currency_code,
        lines.net_minor as amount_minor
    from {{ ref('can_order_lines') }} as lines, {{ ref('fct_order_recognitions') }} as recognitions
    where lines.order_id = recognitions.order_id
        and recognitions.recognised_date is not null
        and lines.line_type in ('product', 'shipping', 'fee')
),

reported as (
    select entity_id, channel, event_month, currency_code, net_revenue_minor as amount_minor
    from {{ ref('fct_net_revenue') }}
    where event_type = 'sale'
),

compared as (
    select entity_id, channel, event_month, currency_code, amount_minor from sold
    union all
    select entity_id, channel, event_month, currency_code, -amount_minor from reported
),

returned as (
    select {{ sum_minor('net_minor') }} as amount_minor, currency_code
    from {{ ref('can_refund_lines') }}
    where line_type in ('product', 'shipping', 'fee', 'adjustment')
        and refund_id in (select refund_id from {{ ref('can_refunds') }} where refund_status in ('succeeded', 'pending'))
        and refund_id not in (
            select refunds.refund_id
            from {{ ref('can_refunds') }} as refunds
            inner join {{ ref('can_orders') }} as orders using (order_id)
            left join {{ ref('fct_order_recognitions') }} as recognitions using (order_id)
            where orders.is_test or recognitions.recognised_date is null
        )
    group by currency_code
),

returns_reported as (
    select -{{ sum_minor('net_revenue_minor') }} as amount_minor, currency_code
    from {{ ref('fct_net_revenue') }}
    where event_type not in ('sale', 'discount') and net_revenue_id not like 'lost:%'
    group by currency_code
)

select entity_id, channel, event_month, currency_code, {{ sum_minor('amount_minor') }} as amount_minor
from compared
group by entity_id, channel, event_month, currency_code
having sum(amount_minor) != 0
union all
select null, 'returns', null, coalesce(returned.currency_code, returns_reported.currency_code), returned.amount_minor
from returned
full outer join returns_reported
    on returned.currency_code = returns_reported.currency_code
where coalesce(returned.amount_minor, 0) != coalesce(returns_reported.amount_minor, 0)
