with

payouts as (
    select * from {{ ref('fct_payouts') }}
),

bank_lines as (
    select * from {{ ref('can_bank_lines') }}
),

-- A payout whose listed items do not make its amount: expected where the processor does not list them.
residues as (
    select
        'payout:' || payout_id as difference_id, entity_id, {{ month_key('bank_value_date') }} as period_month, currency_code,
        case when is_automatic then 'UNX-00' else 'BNK-04' end as reason_code,
        platform_payout_id as reference, unexplained_minor as amount_minor,
        'amount of the payout less the net of its listed movements' as evidence
    from payouts
    where bank_line_id is not null and unexplained_minor != 0
),

-- Money out for rent or wages is no settlement; money in that no payout explains might be.
lone_deposits as (
    select
        'bank_line:' || bank_lines.bank_line_id, bank_lines.entity_id, {{ month_key('bank_lines.value_date') }}, bank_lines.currency_code,
        'BNK-01', coalesce(bank_lines.reference, bank_lines.platform_bank_line_id), bank_lines.amount_minor,
        'money in, no payout carries this reference and amount: ' || coalesce(bank_lines.description, '')
    from bank_lines
    left join payouts
        on bank_lines.bank_line_id = payouts.bank_line_id
    where payouts.payout_id is null and bank_lines.amount_minor > 0
),

differences as (
    select * from residues
    union all
    select * from lone_deposits
)

select
    difference_id, entity_id, period_month, currency_code,
    'storefront_to_bank' as bridge, 'processor' as from_system, 'bank' as to_system,
    reason_code, cast(null as varchar) as order_id, reference, amount_minor, evidence
from differences
