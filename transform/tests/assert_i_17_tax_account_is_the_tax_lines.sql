{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: the tax accounts of the journal move by the tax lines of sales, refunds and payments in advance, per entity, month and currency.
-- A failure means that tax is posted elsewhere, or something else to tax. Lost disputes are left out: their tax is no line of an order.
with

posted as (
    select entity_id, period_month, currency_code, -signed_minor as tax_minor
    from {{ ref('fct_journal_lines') }}
    where posting_key = 'tax' and recipe != 'J-07b'
),

stated as (
    select entity_id, period_month, currency_code, tax_minor
    from {{ ref('fct_tax_lines') }}
),

compared as (
    select * from posted
    union all
    select entity_id, period_month, currency_code, -tax_minor from stated
)

select entity_id, period_month, currency_code, {{ sum_minor('tax_minor') }} as difference_minor
from compared
group by entity_id, period_month, currency_code
having sum(tax_minor) != 0
