{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: the days of a month add up to the month, row by row: what was ordered, banked, earned and booked, each reason, each movement of clearing; a
-- balance opens a day with what it closed the last one with. Parts that are on two days of one month come to nought in it, atom by atom.
-- A failure means that a month and its days tell two stories.
with

days as (
    select
        *,
        row_number() over (partition by entity_id, currency_code, bridge order by bridge_date) as nth,
        min(bridge_date) over (partition by entity_id, period_month, currency_code, bridge) as first_date,
        max(bridge_date) over (partition by entity_id, period_month, currency_code, bridge) as last_date
    from {{ ref('fct_bridge_day_ends') }}
),

months as (
    select *, max(position) over (partition by entity_id, period_month, currency_code, bridge) as last_position
    from {{ ref('fct_bridge') }}
),

told as (
    {%- for side, place, day in [('start', 'position = 1', 'first_date'), ('end', 'position = last_position', 'last_date')] %}
    select entity_id, period_month, currency_code, bridge, '{{ side }}' as step, amount_minor
    from months
    where {{ place }}
    union all
    select entity_id, period_month, currency_code, bridge, '{{ side }}', -{{ side }}_minor
    from days
    where bridge != 'clearing' or bridge_date = {{ day }}
    union all
    select entity_id, period_month, currency_code, bridge || ' and its', '{{ side }}', amount_minor
    from months
    where {{ place }}
    union all
    select entity_id, period_month, currency_code, bridge || ' and its', '{{ side }}', -{{ side }}_minor
    from {{ ref('fct_bridge_ends') }}
    union all
    {%- endfor %}
    select entity_id, period_month, currency_code, bridge, coalesce(reason_code, label), amount_minor
    from months
    where position > 1 and position < last_position
    union all
    select entity_id, period_month, currency_code, bridge, coalesce(reason_code, label), -amount_minor
    from {{ ref('fct_bridge_days') }}
    where step_order > 0 and step_order < 10000
    -- Beside the days, as each processor account has it.
    {%- for column, label in [
        ('charges_minor', 'charges captured'), ('refunds_minor', 'refunds'), ('fees_minor', 'fees'),
        ('disputes_minor + dispute_fees_minor', 'disputes, with their fees'), ('reserves_minor', 'reserves held and released'),
        ('conversions_minor', 'changed into or out of another currency'), ('adjustments_minor', 'adjustments and other charges'),
        ('payouts_minor', 'payouts'),
    ] %}
    union all
    select entity_id, period_month, currency_code, 'accounts', '{{ label }}', {{ column }}
    from {{ ref('fct_clearing_months') }}
    {%- endfor %}
    {%- for side, column in [('start', 'opening_minor'), ('end', 'coalesce(reported_closing_minor, computed_closing_minor)')] %}
    union all
    select entity_id, period_month, currency_code, 'accounts', '{{ side }}', {{ column }}
    from {{ ref('fct_clearing_months') }}
    {%- endfor %}
    union all
    select entity_id, period_month, currency_code, 'accounts', case when position = 1 then 'start' when position = last_position then 'end' else label end, -amount_minor
    from months
    where bridge = 'clearing' and reason_code is null
    -- Where a processor reports a balance, the newest day has it; where none does, no day has.
    union all
    select entity_id, {{ month_key('clearing_date') }}, currency_code, 'accounts', 'reported', reported_closing_minor
    from {{ ref('fct_clearing_days') }}
    where reported_closing_minor is not null
    union all
    select entity_id, period_month, currency_code, 'accounts', 'reported', -sum(coalesce(reported_closing_minor, computed_closing_minor))
    from {{ ref('fct_clearing_months') }}
    group by entity_id, period_month, currency_code
    having count(reported_closing_minor) > 0
)

select entity_id, period_month, currency_code, bridge || ' ' || step as place
from told
group by entity_id, period_month, currency_code, bridge, step
having sum(amount_minor) != 0
union all
select days.entity_id, days.period_month, days.currency_code, 'opens otherwise than ' || cast(before.bridge_date as varchar) || ' closed'
from days
inner join days as before
    on days.entity_id = before.entity_id
    and days.currency_code = before.currency_code
    and days.bridge = before.bridge
    and days.nth = before.nth + 1
where days.bridge = 'clearing' and days.start_minor != before.end_minor
union all
select entity_id, period_month, currency_code, money_atom_id || ' ' || pair
from {{ ref('fct_within_month_parts') }}
group by entity_id, period_month, currency_code, money_atom_id, pair
having sum(amount_minor) != 0 or min(abs(amount_minor)) = 0 or count(*) != 2 or max(part_date) = min(part_date)
    or count(case when {{ month_key('part_date') }} = period_month then 1 end) != 2
