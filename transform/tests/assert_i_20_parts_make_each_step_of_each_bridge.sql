{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: the parts of the atoms are the gap between the totals of two systems, per entity, month and currency: storefront to processor, processor to
-- bank, storefront to net revenue, net revenue to the books; and the parts with one reason are the row of the bridge with that reason,
-- and the differences with it.
-- Totals are each system's own; the processor's is what its movements moved before their fees, payouts left out.
-- A failure means that a bridge tells another story than its atoms.
with

ends as (
    select * from {{ ref('fct_bridge_ends') }}
),

totals as (
    {%- for bridge, side, pair, sign in [
        ('storefront_to_bank', 'start', 'storefront_to_processor', '-'), ('storefront_to_bank', 'end', 'processor_to_bank', ''),
        ('storefront_to_net_revenue', 'start', 'storefront_to_net_revenue', '-'), ('storefront_to_net_revenue', 'end', 'storefront_to_net_revenue', ''),
        ('net_revenue_to_books', 'start', 'net_revenue_to_books', '-'), ('net_revenue_to_books', 'end', 'net_revenue_to_books', ''),
    ] %}
    select entity_id, period_month, currency_code, '{{ pair }}' as place, {{ sign }}{{ side }}_minor as amount_minor
    from ends
    where bridge = '{{ bridge }}'
    union all
    {%- endfor %}
    {%- for pair, sign in [('storefront_to_processor', ''), ('processor_to_bank', '-')] %}
    select entity_id, {{ month_key('movement_date') }}, currency_code, '{{ pair }}', {{ sign }}amount_minor
    from {{ ref('can_processor_movements') }}
    where movement_type != 'payout'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

told as (
    select * from totals
    union all
    select entity_id, period_month, currency_code, pair, -amount_minor
    from {{ ref('fct_money_atom_parts') }}
    where bridge != 'clearing'
    union all
    select entity_id, period_month, currency_code, bridge || ' ' || reason_code, amount_minor
    from {{ ref('fct_bridge') }}
    where reason_code is not null
    union all
    select entity_id, period_month, currency_code, bridge || ' ' || reason_code, -amount_minor
    from {{ ref('fct_money_atom_parts') }}
    -- And what a person reads as differences is the parts, beside what is in no bridge.
    union all
    select entity_id, period_month, currency_code, 'told as ' || reason_code, amount_minor
    from {{ ref('fct_differences') }}
    {%- for model in [
        'fct_money_atom_parts', 'fct_charge_differences', 'fct_close_differences', 'fct_tax_differences', 'fct_allocation_differences', 'fct_fee_differences',
    ] %}
    union all
    select entity_id, period_month, currency_code, 'told as ' || reason_code, -amount_minor
    from {{ ref(model) }}
    {{ "where bridge is null" if model == 'fct_charge_differences' }}
    {%- endfor %}
)

select entity_id, period_month, currency_code, place, {{ sum_minor('amount_minor') }} as gap_minor
from told
group by entity_id, period_month, currency_code, place
having sum(amount_minor) != 0
