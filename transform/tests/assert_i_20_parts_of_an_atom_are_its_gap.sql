{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: what an atom is in one system on a day less what it is in another is the sum of its parts of that day, for each pair of systems: every atom
-- that differs is explained to the cent, and nothing is explained that does not differ; so it is in each month, where what is on two days of one
-- month comes to nought. A part of an atom is told once, with one reason, and
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
    select money_atom_id, entity_id, currency_code, '{{ pair }}' as pair, {{ system }}_date as part_date, {{ sign }}{{ system }}_minor as gap_minor
    from {{ ref('fct_money_atoms') }}
    where {{ system }}_minor is not null
    union all
    {%- endfor %}
    {%- endfor %}
    select money_atom_id, entity_id, currency_code, pair, part_date, -amount_minor
    from {{ ref('fct_money_atom_parts') }}
    union all
    select money_atom_id, entity_id, currency_code, pair, part_date, -amount_minor
    from {{ ref('fct_within_month_parts') }}
    -- No atom: the bank has it on another day than the movements of the payout.
    where component != 'part of a split payout'
)

select money_atom_id, pair, {{ month_key('part_date') }} as period_month, 'unexplained on a day' as trouble
from sides
group by money_atom_id, entity_id, currency_code, pair, part_date
having sum(gap_minor) != 0
union all
select money_atom_id, pair, period_month, 'of a day of another month'
from {{ ref('fct_money_atom_parts') }}
where {{ month_key('part_date') }} is distinct from period_month
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
