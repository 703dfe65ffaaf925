with payouts as (
    select distinct bank_line_id from {{ ref('fct_payout_bank_links') }}
)

select
    bank_lines.bank_line_id, bank_lines.platform, bank_lines.account_id, bank_lines.entity_id, bank_lines.platform_bank_line_id, bank_lines.value_date,
    bank_lines.amount_minor, bank_lines.currency_code, coalesce(bank_lines.reference, '') || ' ' || coalesce(bank_lines.description, '') as said
from {{ ref('can_bank_lines') }} as bank_lines
left join payouts on bank_lines.bank_line_id = payouts.bank_line_id
where bank_lines.amount_minor > 0 and payouts.bank_line_id is null
