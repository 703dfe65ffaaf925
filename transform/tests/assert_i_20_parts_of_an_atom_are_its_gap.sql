{{ config(tags=['identity'], meta={'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: what an atom is in one system in a month less what it is in another is the sum of its parts, for each pair of systems: every atom that
-- differs is explained to the cent, and nothing is explained that does not differ. A part of an atom is told once, with one reason, and
-- an amount that is missing can not be late as well.
-- A failure means that a rule forgot a case, or two rules claim the same cents. A part no rule explains is UNX-00 and no failure here.
with

{%- set pairs = [
    ('storefront_to_processor', [('storefront', '-'), ('processor', '')]), ('processor_to_bank', [('processor', '-'), ('bank', '')]),
    ('storefront_to_net_revenue', [('contents', '-'), ('recognised', '')]), ('net_revenue_to_books', [('recognised', '-'), ('books', '')]),
    ('processor_to_balance', [('balance', '')]),
] %}

sides as (
    {%- for pair, systems in pairs %}
    {%- for system, sign in systems %}
    select money_atom_id, entity_id, currency_code, '{{ pair }}' as pair, {{ month_key(system ~ '_date') }} as period_month, {{ sign }}{{ system }}_minor as gap_minor
    from {{ ref('fct_money_atoms') }}
    where {{ system }}_minor is not null
    union all
    {%- endfor %}
    {%- endfor %}
    select money_atom_id, entity_id, currency_code, pair, period_month, -amount_minor
    from {{ ref('fct_money_atom_parts') }}
)

select money_atom_id, pair, period_month, 'unexplained' as trouble
from sides
group by money_atom_id, entity_id, currency_code, pair, period_month
having sum(gap_minor) != 0
union all
select money_atom_id, pair, period_month, part
from {{ ref('fct_money_atom_parts') }}
group by money_atom_id, pair, period_month, part
having count(*) > 1
union all
select money_atom_id, pair, period_month, 'nought'
from {{ ref('fct_money_atom_parts') }}
where amount_minor = 0
union all
select money_atom_id, pair, period_month, 'missing and late'
from {{ ref('fct_money_atom_parts') }}
where part != 'amount'
group by money_atom_id, pair, period_month
having count(distinct part) > 1
union all
select money_atom_id, pair, period_month, 'gap of the row'
from {{ ref('fct_money_atom_parts') }}
group by money_atom_id, pair, period_month
having sum(amount_minor) != max(gap_minor) or min(gap_minor) != max(gap_minor) or count(gap_minor) != count(*)
