{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: the atoms of a month add up to what the storefront ordered, the bank received, net revenue is and the books say: so the gap of the
-- atoms is the gap of each bridge, per entity, month and currency.
-- A failure means that an amount is in no atom, or in two. It does not say why two systems differ; fct_differences does.
with

{%- set ends = [
    ('storefront', 'storefront_to_bank', 'start'), ('bank', 'storefront_to_bank', 'end'),
    ('contents', 'storefront_to_net_revenue', 'start'), ('recognised', 'storefront_to_net_revenue', 'end'), ('books', 'net_revenue_to_books', 'end'),
] %}

sides as (
    {%- for system, bridge, side in ends %}
    select entity_id, {{ month_key(system ~ '_date') }} as period_month, currency_code, '{{ system }}' as system, {{ system }}_minor as amount_minor
    from {{ ref('fct_money_atoms') }}
    where {{ system }}_minor is not null
    union all
    select entity_id, period_month, currency_code, '{{ system }}', -{{ side }}_minor
    from {{ ref('fct_bridge_ends') }}
    where bridge = '{{ bridge }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select entity_id, period_month, currency_code, system, {{ sum_minor('amount_minor') }} as gap_minor
from sides
group by entity_id, period_month, currency_code, system
having sum(amount_minor) != 0
