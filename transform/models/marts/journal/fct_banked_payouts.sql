with

payouts as (
    select * from {{ ref('fct_payouts') }}
),

links as (
    select * from {{ ref('fct_payout_bank_links') }}
),

bank_lines as (
    select * from {{ ref('can_bank_lines') }}
),

-- A payout that takes money from the bank, on the day the bank gives it, is never under way.
arrived as (
    select
        links.payout_bank_link_id, links.payout_id, payouts.entity_id, payouts.platform || ':' || payouts.account_id as processor_account,
        bank_lines.platform || ':' || bank_lines.account_id as bank_account, links.bank_line_id, links.value_date, links.amount_minor, links.currency_code,
        links.link_type = 'one_to_one' and payouts.amount_minor < 0 and payouts.sent_date = links.value_date as is_direct,
        row_number() over (partition by links.payout_id order by links.value_date, links.bank_line_id) as nth
    from links
    inner join payouts using (payout_id)
    inner join bank_lines on links.bank_line_id = bank_lines.bank_line_id
)

-- The first arrival bears the payout's own key; further parts of a split one name their bank line too.
select
    payout_bank_link_id, payout_id, entity_id, processor_account, bank_account, bank_line_id, value_date, amount_minor, currency_code, is_direct,
    'je:' || entity_id || ':' || payout_id || case when nth = 1 then '' else ':' || bank_line_id end || ':paid' as event_id
from arrived
