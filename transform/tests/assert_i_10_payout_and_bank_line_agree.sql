{{ config(tags=['identity'], meta={'identity': 'I-10', 'severity': 'blocks'}) }}
-- I-10: a payout and its bank line have one amount, one currency and dates at most seven days apart, and no line serves two payouts.
-- A failure means a wrong match. A payout that is not at the bank yet is no failure: it is a row with TIM-03.
with

matched as (
    select payouts.*, bank_lines.currency_code as bank_currency_code, bank_lines.amount_minor as line_minor,
        count(*) over (partition by payouts.bank_line_id) as payouts_of_line
    from {{ ref('fct_payouts') }} as payouts
    inner join {{ ref('can_bank_lines') }} as bank_lines using (bank_line_id)
)

select payout_id, bank_line_id, amount_minor, line_minor
from matched
where amount_minor != line_minor
    or currency_code != bank_currency_code
    or payouts_of_line > 1
    or abs({{ days_between('coalesce(arrival_date, sent_date)', 'bank_value_date') }}) > 7
