with

closes as (
    select * from {{ ref('can_closes') }}
),

-- An estimate of a closed month is read back from its close and can not change.
frozen as (
    select * from {{ ref('can_closed_amounts') }} where table_name in ('fct_net_revenue', 'fct_order_reconciliation')
),

orders as (
    select order_id, entity_id from {{ ref('fct_order_reconciliation') }}
),

revenue as (
    select * from {{ ref('fct_net_revenue') }}
),

-- The measures that orchestration/close/frozen.py takes out of the frozen files, as they are today.
measured as (
    {%- for measure in ['net_revenue_minor', 'tax_minor'] %}
    select 'fct_net_revenue' as table_name, '{{ measure }}' as measure, net_revenue_id as row_key, entity_id, event_month as period_month,
        currency_code, {{ measure }} as amount_minor, order_id, refund_id
    from revenue
    union all
    {%- endfor %}
    select 'fct_order_reconciliation', 'total_minor', order_id, entity_id, order_month, currency_code, total_minor, order_id, null
    from {{ ref('fct_order_reconciliation') }}
),

today as (
    select measured.*, closes.close_id
    from measured
    inner join closes using (entity_id, period_month)
),

compared as (
    select
        coalesce(today.close_id, frozen.close_id) as close_id,
        coalesce(today.entity_id, frozen.entity_id) as entity_id,
        coalesce(today.period_month, frozen.period_month) as period_month,
        coalesce(today.table_name, frozen.table_name) as table_name,
        coalesce(today.measure, frozen.measure) as measure,
        coalesce(today.row_key, frozen.row_key) as row_key,
        coalesce(today.currency_code, frozen.currency_code) as currency_code,
        coalesce(today.order_id, frozen.order_id) as order_id,
        coalesce(today.refund_id, frozen.refund_id) as refund_id,
        frozen.row_key is not null as was_frozen,
        today.row_key is not null as is_there,
        coalesce(frozen.amount_minor, 0) as frozen_minor,
        coalesce(today.amount_minor, 0) as today_minor
    from frozen
    full outer join today
        on frozen.close_id = today.close_id
        and frozen.table_name = today.table_name
        and frozen.measure = today.measure
        and frozen.row_key = today.row_key
        and frozen.currency_code = today.currency_code
),

changed as (
    select * from compared where frozen_minor != today_minor
),

known_orders as (
    select distinct close_id, order_id from frozen where order_id is not null
),

elsewhere as (
    select net_revenue_id, min(entity_id) as entity_id from revenue group by net_revenue_id
),

explained as (
    select
        changed.*,
        case
            when was_frozen and is_there then 'order edited'
            when was_frozen and coalesce(elsewhere.entity_id, orders.entity_id) != changed.entity_id then 'mapping changed'
            when was_frozen and elsewhere.net_revenue_id is not null then 'moved to another month'
            when was_frozen and table_name = 'fct_order_reconciliation' and orders.order_id is not null then 'moved to another month'
            when was_frozen and orders.order_id is not null then 'order edited'
            when was_frozen then 'gone at the source'
            when refund_id is not null then 'late refund'
            when known_orders.order_id is not null then 'order edited'
            else 'new order'
        end as cause
    from changed
    left join orders
        on changed.order_id = orders.order_id
    left join elsewhere
        on case when changed.table_name = 'fct_net_revenue' then changed.row_key end = elsewhere.net_revenue_id
    left join known_orders
        on changed.close_id = known_orders.close_id
        and changed.order_id = known_orders.order_id
)

select
    close_id || ':' || table_name || ':' || measure || ':' || row_key || ':' || currency_code as close_change_id,
    close_id, entity_id, period_month, table_name, measure, row_key, order_id, refund_id, currency_code, cause,
    frozen_minor, today_minor, today_minor - frozen_minor as amount_minor
from explained
