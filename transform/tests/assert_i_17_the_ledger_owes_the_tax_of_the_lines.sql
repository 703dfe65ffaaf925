{{ config(tags=['identity'], meta={'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: what the ledger owes for tax of sales and refunds moves, per entity, month and currency, by the tax of their lines.
-- A failure means that an entry posts tax that is in no box of a return, or the reverse. Orders whose revenue waits for fulfilment are
-- left out: their tax is owed when it is paid, their lines count later.
with

waiting as (
    select order_id from {{ ref('fct_order_recognitions') }} where recognition_policy = 'on_fulfilment'
),

sides as (
    select entity_id, period_month, currency_code, -signed_minor as ledger_minor, 0 as lines_minor, order_id
    from {{ ref('fct_journal_lines') }}
    where posting_key = 'tax' and source in ('sale', 'refund', 'discount')
    union all
    select entity_id, period_month, currency_code, 0, tax_minor, order_id
    from {{ ref('fct_tax_lines') }}
)

select
    sides.entity_id, sides.period_month, sides.currency_code,
    {{ sum_minor('sides.ledger_minor') }} as ledger_minor, {{ sum_minor('sides.lines_minor') }} as lines_minor
from sides
left join waiting using (order_id)
where waiting.order_id is null
group by sides.entity_id, sides.period_month, sides.currency_code
having sum(sides.ledger_minor) != sum(sides.lines_minor)
