with

rule_parts as (
    {%- for model in [
        'fct_tender_differences', 'fct_charge_differences', 'fct_settlement_differences', 'fct_bank_differences',
        'fct_recognition_differences', 'fct_book_differences', 'fct_clearing_differences',
    ] %}
    select
        difference_id, money_atom_id, pair, part, entity_id, part_date, period_month, currency_code, bridge, from_system, to_system, reason_code, order_id,
        reference, amount_minor, evidence, channel, is_shared
    from {{ ref(model) }}
    {{ "where bridge is not null" if model == 'fct_charge_differences' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

atoms as (
    select * from {{ ref('fct_money_atoms') }}
),

-- What the atom is in the second system of the pair in this month, less what it is in the first.
joined as (
    select
        rule_parts.*, atoms.component,
        case rule_parts.pair
            {%- for pair, first, second in [
                ('storefront_to_processor', 'storefront', 'processor'), ('processor_to_bank', 'processor', 'bank'),
                ('storefront_to_net_revenue', 'contents', 'recognised'), ('net_revenue_to_books', 'recognised', 'books'), ('processor_to_balance', none, 'balance'),
            ] %}
            when '{{ pair }}' then
                case when {{ month_key('atoms.' ~ second ~ '_date') }} = rule_parts.period_month then coalesce(atoms.{{ second }}_minor, 0) else 0 end
                {% if first %}- case when {{ month_key('atoms.' ~ first ~ '_date') }} = rule_parts.period_month then coalesce(atoms.{{ first }}_minor, 0) else 0 end{% endif %}
            {%- endfor %}
        end as gap_minor
    from rule_parts
    left join atoms using (money_atom_id)
)

select
    money_atom_id || ':' || pair || ':' || period_month || ':' || part as money_atom_part_id, money_atom_id, component, entity_id, part_date, period_month,
    currency_code, bridge, pair, cast(gap_minor as bigint) as gap_minor, part, reason_code, amount_minor, order_id, reference, evidence,
    difference_id, from_system, to_system, channel, is_shared
from joined
