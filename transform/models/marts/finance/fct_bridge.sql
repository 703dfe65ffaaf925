with

bridge_ends as (
    select * from {{ ref('fct_bridge_ends') }}
),

parts as (
    select * from {{ ref('fct_money_atom_parts') }}
),

reason_codes as (
    select * from {{ ref('reason_codes') }}
),

clearing_months as (
    select * from {{ ref('fct_clearing_months') }}
),

causes as (
    {%- for column, place, label in [
        ('charges_minor', 1, 'charges captured'), ('refunds_minor', 2, 'refunds'), ('fees_minor', 3, 'fees'),
        ('disputes_minor + dispute_fees_minor', 4, 'disputes, with their fees'), ('reserves_minor', 5, 'reserves held and released'),
        ('conversions_minor', 6, 'changed into or out of another currency'), ('adjustments_minor', 7, 'adjustments and other charges'),
        ('payouts_minor', 8, 'payouts'),
    ] %}
    select entity_id, period_month, currency_code, 'clearing' as bridge, {{ place }} as place, '{{ label }}' as label,
        cast(null as varchar) as reason_code, {{ sum_minor(column) }} as amount_minor
    from clearing_months
    group by entity_id, period_month, currency_code
    having sum({{ column }}) != 0
    union all
    {%- endfor %}
    select parts.entity_id, parts.period_month, parts.currency_code, parts.bridge,
        10 + coalesce(reason_codes.position, 800), coalesce(reason_codes.meaning, 'code without a meaning'), parts.reason_code,
        {{ sum_minor('parts.amount_minor') }}
    from parts
    left join reason_codes using (reason_code)
    group by parts.entity_id, parts.period_month, parts.currency_code, parts.bridge, reason_codes.position,
        reason_codes.meaning, parts.reason_code
    -- A channel that differs as a whole differs by nothing where its amounts cancel out.
    having sum(parts.amount_minor) != 0 or count(case when not parts.is_shared then 1 end) > 0
),

steps as (
    {%- for bridge, start_label, end_label in [
        ('storefront_to_bank', 'storefront, ordered', 'bank deposits'),
        ('clearing', 'opening balance', 'closing balance'),
        ('storefront_to_net_revenue', 'storefront, ordered', 'net revenue'),
        ('net_revenue_to_books', 'net revenue', 'revenue in the books'),
    ] %}
    {%- for side, place, label in [('start', 0, start_label), ('end', 10000, end_label)] %}
    select entity_id, period_month, currency_code, bridge, {{ place }} as place, '{{ label }}' as label,
        cast(null as varchar) as reason_code, {{ side }}_minor as amount_minor
    from bridge_ends
    where bridge = '{{ bridge }}'
    union all
    {%- endfor %}
    {%- endfor %}
    select * from causes
),

numbered as (
    select
        entity_id, period_month, currency_code, bridge,
        cast(row_number() over (
            partition by entity_id, period_month, currency_code, bridge order by place, reason_code nulls first, label
        ) as bigint) as position,
        label, reason_code, amount_minor
    from steps
)

select
    entity_id || ':' || period_month || ':' || currency_code || ':' || bridge || ':' || cast(position as varchar) as bridge_row_id,
    entity_id, period_month, currency_code, bridge, position, label, reason_code, amount_minor
from numbered
