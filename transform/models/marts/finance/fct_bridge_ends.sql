with

days as (
    select
        *,
        min(bridge_date) over (partition by entity_id, period_month, currency_code, bridge) as first_date,
        max(bridge_date) over (partition by entity_id, period_month, currency_code, bridge) as last_date
    from {{ ref('fct_bridge_day_ends') }}
),

-- A balance is no sum over days: a month opens with its first day and closes with its last.
months as (
    select
        entity_id,
        period_month,
        currency_code,
        bridge,
        {{ sum_minor("case when bridge != 'clearing' or bridge_date = first_date then start_minor else 0 end") }} as start_minor,
        {{ sum_minor("case when bridge != 'clearing' or bridge_date = last_date then end_minor else 0 end") }} as end_minor
    from days
    group by entity_id, period_month, currency_code, bridge
)

select
    entity_id || ':' || period_month || ':' || currency_code || ':' || bridge as bridge_id,
    entity_id, period_month, currency_code, bridge, start_minor, end_minor
from months
