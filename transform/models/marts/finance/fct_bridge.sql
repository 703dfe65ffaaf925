with

days as (
    select
        *,
        min(bridge_date) over (partition by entity_id, period_month, currency_code, bridge) as first_date,
        max(bridge_date) over (partition by entity_id, period_month, currency_code, bridge) as last_date
    from {{ ref('fct_bridge_days') }}
),

-- A balance is no sum over days: a month opens with its first day and closes with its last.
counted as (
    select *
    from days
    where bridge != 'clearing'
        or not (step_order = 0 and bridge_date != first_date or step_order = 10000 and bridge_date != last_date)
),

steps as (
    select entity_id, period_month, currency_code, bridge, step_order, min(label) as label, reason_code,
        {{ sum_minor('amount_minor') }} as amount_minor
    from counted
    group by entity_id, period_month, currency_code, bridge, step_order, reason_code
    -- What cancels out within the month is no step of it; what is a difference of its own is one even so.
    having sum(amount_minor) != 0 or sum(single_parts) > 0 or step_order in (0, 10000)
),

numbered as (
    select
        *,
        cast(row_number() over (
            partition by entity_id, period_month, currency_code, bridge order by step_order, reason_code nulls first
        ) as bigint) as position
    from steps
)

select
    entity_id || ':' || period_month || ':' || currency_code || ':' || bridge || ':' || cast(position as varchar) as bridge_row_id,
    entity_id, period_month, currency_code, bridge, position, label, reason_code, amount_minor
from numbered
