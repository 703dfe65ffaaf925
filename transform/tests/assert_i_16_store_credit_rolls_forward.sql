{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-16', 'severity': 'blocks'}) }}
-- I-16: opening, refunds onto store credit and what was paid with it make the closing, which is what the journal owes on store credit.
-- A failure means that store credit is posted as something else. No platform read here reports the balance of each customer, so that is not compared.
with

posted as (
    select lines.entity_id, lines.period_month, lines.currency_code, -{{ sum_minor('lines.signed_minor') }} as moved_minor
    from {{ ref('fct_journal_lines') }} as lines
    where lines.posting_key = 'tender' and lines.detail = 'store_credit'
    group by lines.entity_id, lines.period_month, lines.currency_code
),

rolled as (
    select * from {{ ref('fct_gift_card_liability') }} where liability_type = 'store_credit'
)

select coalesce(posted.entity_id, rolled.entity_id) as entity_id, coalesce(posted.period_month, rolled.period_month) as period_month,
    posted.moved_minor, rolled.closing_minor - rolled.opening_minor as rolled_minor
from posted
full outer join rolled using (entity_id, period_month, currency_code)
where coalesce(posted.moved_minor, 0) != coalesce(rolled.closing_minor - rolled.opening_minor, 0)
    or rolled.opening_minor + rolled.sold_minor + rolled.refunded_to_minor + rolled.redeemed_minor + rolled.taken_back_minor != rolled.closing_minor
