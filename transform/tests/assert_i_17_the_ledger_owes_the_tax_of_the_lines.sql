{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: what the ledger owes for tax of sales, refunds and payments in advance moves, per entity, month and currency, by the tax of their lines.
-- A failure means that an entry posts tax that is in no box of a return, or the reverse.
with

sides as (
    select entity_id, period_month, currency_code, -signed_minor as ledger_minor, 0 as lines_minor
    from {{ ref('fct_journal_lines') }}
    where posting_key = 'tax' and source in ('sale', 'refund', 'discount', 'payment')
    union all
    select entity_id, period_month, currency_code, 0, tax_minor
    from {{ ref('fct_tax_lines') }}
)

select
    sides.entity_id, sides.period_month, sides.currency_code,
    {{ sum_minor('sides.ledger_minor') }} as ledger_minor, {{ sum_minor('sides.lines_minor') }} as lines_minor
from sides
group by sides.entity_id, sides.period_month, sides.currency_code
having sum(sides.ledger_minor) != sum(sides.lines_minor)
