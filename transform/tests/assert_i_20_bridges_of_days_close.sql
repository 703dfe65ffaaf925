{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20, by day: the start of a bridge and its rows make its end on every day, for each entity, currency and bridge; rows are numbered from 1 without a
-- gap; the rows with one reason are the parts with it on that day.
-- A failure means that an amount stands on a day on which neither system has it, or is left out of the day it belongs to. It may cancel out in the month.
with

steps as (
    select *, max(position) over (partition by entity_id, bridge_date, currency_code, bridge) as last_position
    from {{ ref('fct_bridge_days') }}
),

told as (
    select entity_id, bridge_date, currency_code, bridge, reason_code, amount_minor
    from {{ ref('fct_bridge_days') }}
    where reason_code is not null
    {%- for parts in ['fct_money_atom_parts', 'fct_within_month_parts'] %}
    union all
    select entity_id, part_date, currency_code, bridge, reason_code, -amount_minor
    from {{ ref(parts) }}
    {%- endfor %}
)

select entity_id, bridge_date, currency_code, bridge, 'does not close' as trouble
from steps
group by entity_id, bridge_date, currency_code, bridge
having sum(case when position = last_position then -amount_minor else amount_minor end) != 0
    or count(*) != count(distinct position) or min(position) != 1 or max(position) != count(*)
    or min(step_order) != 0 or max(step_order) != 10000
    -- A row between start and end says something.
    or count(case when amount_minor = 0 and single_parts = 0 and position > 1 and position < last_position then 1 end) > 0
union all
select entity_id, bridge_date, currency_code, bridge, 'its parts are other than its row ' || reason_code
from told
group by entity_id, bridge_date, currency_code, bridge, reason_code
having sum(amount_minor) != 0
