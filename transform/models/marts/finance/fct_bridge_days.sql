with

bridge_ends as (
    select * from {{ ref('fct_bridge_day_ends') }}
),

clearing_days as (
    select * from {{ ref('fct_clearing_days') }}
),

reason_codes as (
    select * from {{ ref('reason_codes') }}
),

told as (
    select entity_id, part_date, currency_code, bridge, reason_code, {{ sum_minor('amount_minor') }} as amount_minor,
        count(case when not is_shared then 1 end) as single_parts
    from {{ ref('fct_money_atom_parts') }}
    group by entity_id, part_date, currency_code, bridge, reason_code
    -- A channel that differs as a whole differs by nothing where its amounts cancel out.
    having sum(amount_minor) != 0 or count(case when not is_shared then 1 end) > 0
),

within_month as (
    select entity_id, part_date, currency_code, bridge, reason_code, label, {{ sum_minor('amount_minor') }} as amount_minor
    from {{ ref('fct_within_month_parts') }}
    group by entity_id, part_date, currency_code, bridge, reason_code, label
    having sum(amount_minor) != 0
),

steps as (
    {%- for column, step_order, label in [
        ('charges_minor', 1, 'charges captured'), ('refunds_minor', 2, 'refunds'), ('fees_minor', 3, 'fees'),
        ('disputes_minor', 4, 'disputes, with their fees'), ('reserves_minor', 5, 'reserves held and released'),
        ('conversions_minor', 6, 'changed into or out of another currency'), ('adjustments_minor', 7, 'adjustments and other charges'),
        ('payouts_minor', 8, 'payouts'),
    ] %}
    select entity_id, clearing_date as bridge_date, currency_code, 'clearing' as bridge, {{ step_order }} as step_order, '{{ label }}' as label,
        cast(null as varchar) as reason_code, {{ column }} as amount_minor, cast(0 as bigint) as single_parts
    from clearing_days
    where {{ column }} != 0
    union all
    {%- endfor %}
    {%- for table, label, single_parts in [
        ('told', "coalesce(reason_codes.meaning, 'code without a meaning')", 'told.single_parts'), ('within_month', 'within_month.label', '0'),
    ] %}
    select {{ table }}.entity_id, {{ table }}.part_date, {{ table }}.currency_code, {{ table }}.bridge, 10 + coalesce(reason_codes.position, 800),
        {{ label }}, {{ table }}.reason_code, {{ table }}.amount_minor, {{ single_parts }}
    from {{ table }}
    left join reason_codes using (reason_code)
    union all
    {%- endfor %}
    {%- for bridge, start_label, end_label in [
        ('storefront_to_bank', 'storefront, ordered', 'bank deposits'),
        ('clearing', 'opening balance', 'closing balance'),
        ('storefront_to_net_revenue', 'storefront, ordered', 'net revenue'),
        ('net_revenue_to_books', 'net revenue', 'revenue in the books'),
    ] %}
    {%- for side, step_order, label in [('start', 0, start_label), ('end', 10000, end_label)] %}
    select entity_id, bridge_date, currency_code, bridge, {{ step_order }}, '{{ label }}', null, {{ side }}_minor, 0
    from bridge_ends
    where bridge = '{{ bridge }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

numbered as (
    select
        *,
        cast(row_number() over (
            partition by entity_id, bridge_date, currency_code, bridge order by step_order, reason_code nulls first, label
        ) as bigint) as position
    from steps
)

select
    entity_id || ':' || coalesce(cast(bridge_date as varchar), 'no day') || ':' || currency_code || ':' || bridge || ':' || cast(position as varchar) as bridge_day_row_id,
    entity_id, bridge_date, {{ month_key('bridge_date') }} as period_month, currency_code, bridge, position, cast(step_order as bigint) as step_order,
    label, reason_code, amount_minor, single_parts
from numbered
