with

payout_lines as (
    select distinct bank_line_id from {{ ref('fct_payout_bank_links') }}
),

-- What the bank received: lines of payouts, and any other money in; money out for rent or wages is no settlement.
received as (
    select lines.bank_line_id, lines.entity_id, lines.currency_code, lines.value_date, lines.amount_minor
    from {{ ref('can_bank_lines') }} as lines
    left join payout_lines using (bank_line_id)
    where payout_lines.bank_line_id is not null or lines.amount_minor > 0
),

parts as (
    select * from received
    union all
    select bank_line_id, entity_id, currency_code, bank_value_date, -net_minor
    from {{ ref('fct_banked_movements') }}
    where bank_line_id is not null
),

residues as (
    select bank_line_id, entity_id, currency_code, value_date, {{ sum_minor('amount_minor') }} as amount_minor
    from parts
    group by bank_line_id, entity_id, currency_code, value_date
    having sum(amount_minor) != 0
)

select bank_line_id || ':' || cast(value_date as varchar) as bank_residue_id, bank_line_id, entity_id, currency_code, value_date, amount_minor
from residues
