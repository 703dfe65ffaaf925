with

payouts as (
    select * from {{ ref('fct_payouts') }} where bank_line_id is not null
),

bank_lines as (
    select * from {{ ref('can_bank_lines') }}
),

-- A payout that takes money from the bank, on the day the bank gives it, is never under way.
arrived as (
    select
        payouts.payout_id, payouts.entity_id, payouts.platform || ':' || payouts.account_id as processor_account,
        bank_lines.platform || ':' || bank_lines.account_id as bank_account, payouts.bank_line_id, payouts.bank_value_date,
        payouts.bank_amount_minor, payouts.currency_code, payouts.is_automatic,
        payouts.amount_minor < 0 and payouts.sent_date = payouts.bank_value_date as is_direct
    from payouts
    inner join bank_lines using (bank_line_id)
)

select * from arrived
