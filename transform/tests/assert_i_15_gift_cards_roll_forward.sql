{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-15', 'severity': 'blocks'}) }}
-- I-15: opening, gift cards sold, refunded onto, redeemed and taken back make the closing, which is what the journal owes on gift cards.
-- A failure means that a gift card is posted as something else. Shopify tells the balance of each card, but it is not read here, so that is not compared.
with

posted as (
    select lines.entity_id, lines.period_month, lines.currency_code, -{{ sum_minor('lines.signed_minor') }} as moved_minor
    from {{ ref('fct_journal_lines') }} as lines
    where lines.posting_key in ('sale', 'return', 'tender') and lines.detail = 'gift_card'
    group by lines.entity_id, lines.period_month, lines.currency_code
),

rolled as (
    select * from {{ ref('fct_gift_card_liability') }} where liability_type = 'gift_card'
)

select coalesce(posted.entity_id, rolled.entity_id) as entity_id, coalesce(posted.period_month, rolled.period_month) as period_month,
    posted.moved_minor, rolled.closing_minor - rolled.opening_minor as rolled_minor
from posted
full outer join rolled using (entity_id, period_month, currency_code)
where coalesce(posted.moved_minor, 0) != coalesce(rolled.closing_minor - rolled.opening_minor, 0)
    or rolled.opening_minor + rolled.sold_minor + rolled.refunded_to_minor + rolled.redeemed_minor + rolled.taken_back_minor != rolled.closing_minor
