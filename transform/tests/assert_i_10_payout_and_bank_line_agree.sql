{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-10', 'severity': 'blocks'}) }}
-- I-10: a payout is what its bank lines brought of it, a linked line is what its payouts sent, in one currency, at most seven days apart;
-- only a link that says merged or split joins more than one to one.
-- A failure means a wrong match. A payout that is not at the bank yet is no failure: it is a row with TIM-03.
with

links as (
    select
        links.*,
        payouts.amount_minor as payout_minor,
        payouts.currency_code as payout_currency_code,
        coalesce(payouts.arrival_date, {{ local_date('payouts.created_at', "'UTC'") }}) as expected_date,
        bank_lines.amount_minor as line_minor,
        cast(sum(links.amount_minor) over (partition by links.payout_id) as bigint) as brought_minor,
        cast(sum(links.amount_minor) over (partition by links.bank_line_id) as bigint) as sent_minor,
        count(*) over (partition by links.payout_id) as lines_of_payout,
        count(*) over (partition by links.bank_line_id) as payouts_of_line
    from {{ ref('fct_payout_bank_links') }} as links
    inner join {{ ref('can_payouts') }} as payouts using (payout_id)
    inner join {{ ref('can_bank_lines') }} as bank_lines using (bank_line_id)
)

select payout_id, bank_line_id, link_type, payout_minor, line_minor, amount_minor
from links
where brought_minor != payout_minor
    or sent_minor != line_minor
    or currency_code != payout_currency_code
    or (lines_of_payout > 1 and link_type != 'split')
    or (payouts_of_line > 1 and link_type != 'merged')
    or abs({{ days_between('expected_date', 'value_date') }}) > 7
