{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-25', 'severity': 'blocks'}) }}
-- I-25: what a closed month shows today is what was frozen at its close and the listed changes, per table, measure and currency.
-- A failure means that a change has no row, or two. A change itself is no failure: it is a row, and a correction in an open month.
with

closes as (
    select close_id, entity_id, period_month from {{ ref('can_closes') }}
),

sums as (
    select close_id, table_name, measure, currency_code, amount_minor as explained_minor, cast(0 as bigint) as today_minor
    from {{ ref('can_closed_amounts') }}
    union all
    select close_id, table_name, measure, currency_code, amount_minor, 0 from {{ ref('fct_close_changes') }}
    {%- for measure in ['provision_minor', 'right_to_goods_minor'] %}
    union all
    select closes.close_id, 'fct_returns_provisions', '{{ measure }}', provisions.currency_code, 0, provisions.{{ measure }}
    from {{ ref('fct_returns_provisions') }} as provisions
    inner join closes using (entity_id, period_month)
    where provisions.is_frozen
    {%- endfor %}
    {%- for measure in ['net_revenue_minor', 'tax_minor'] %}
    union all
    select closes.close_id, 'fct_net_revenue', '{{ measure }}', revenue.currency_code, 0, revenue.{{ measure }}
    from {{ ref('fct_net_revenue') }} as revenue
    inner join closes on revenue.entity_id = closes.entity_id and revenue.event_month = closes.period_month
    {%- endfor %}
    union all
    select closes.close_id, 'fct_order_reconciliation', 'total_minor', orders.currency_code, 0, orders.total_minor
    from {{ ref('fct_order_reconciliation') }} as orders
    inner join closes on orders.entity_id = closes.entity_id and orders.order_month = closes.period_month
)

select close_id, table_name, measure, currency_code, sum(explained_minor) as explained_minor, sum(today_minor) as today_minor
from sums
group by close_id, table_name, measure, currency_code
having sum(explained_minor) != sum(today_minor)
